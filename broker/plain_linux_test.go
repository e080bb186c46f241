package broker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/stretchr/testify/require"
)

// plain serves clients that know nothing of handoff, and returns their address.
func (w *world) plain(route broker.Route) string {
	w.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	serve(w.t, func(ln net.Listener) error { return w.broker.Serve(ln, route) }, ln)
	w.t.Cleanup(w.shutdown)
	return ln.Addr().String()
}

func dialTCP(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(hang)))
	return c.(*net.TCPConn)
}

func TestPlainClientOfAFixedService(t *testing.T) {
	w := newWorld(t, patient())
	address := w.plain(route.Fixed(service))
	ln := w.backend(backend.Options{})
	go func() { // the server speaks first
		c, err := ln.Accept()
		if err == nil {
			_, _ = io.WriteString(c, "SSH-2.0-x\n"+c.(*backend.Conn).Info().ClientAddress+"\n")
			c.Close()
		}
	}()
	c := dialTCP(t, address)
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, "SSH-2.0-x\n"+c.LocalAddr().String()+"\n", string(got))
}

func TestPlainClientsByHTTPHost(t *testing.T) {
	w := newWorld(t, patient())
	address := w.plain(route.HTTPHost(map[string]string{"127.0.0.1": service}))
	ln := w.backend(backend.Options{})
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%s %d", r.RemoteAddr, n)
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	for range 20 {
		client := http.Client{Transport: &http.Transport{}, Timeout: hang}
		var first string
		for i := range 20 {
			r, err := client.Post("http://"+address, "text/plain", io.LimitReader(zeros{}, int64(i*1000)))
			require.NoError(t, err)
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			r.Body.Close()
			from, size, _ := cut(string(body))
			require.Equal(t, fmt.Sprint(i*1000), size)
			if i == 0 {
				first = from
			}
			require.Equal(t, first, from) // it is the same connection
		}
		client.CloseIdleConnections()
	}
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
	for range 20 {
		require.Equal(t, broker.Adopted, w.outcome().Kind)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func cut(s string) (before, after string, ok bool) {
	for i := range s {
		if s[i] == ' ' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func TestPlainClientsBySNI(t *testing.T) {
	w := newWorld(t, patient())
	address := w.plain(route.SNI(map[string]string{"echo.example": service}))
	ln := w.backend(backend.Options{})
	certificate := selfSigned(t)
	go socktest.EchoLines("tls", tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{certificate}}))
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	c := tls.Client(dialTCP(t, address), &tls.Config{ServerName: "echo.example", RootCAs: roots})
	_, err := io.WriteString(c, "hello\n")
	require.NoError(t, err)
	hear(t, c, "tls: hello")

	other := tls.Client(dialTCP(t, address), &tls.Config{ServerName: "other.example", RootCAs: roots})
	require.Error(t, other.Handshake())
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"echo.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// A request that drips in a byte at a time is routed by its bytes, and all of them are
// there for the backend.
func TestPlainClientMayDrip(t *testing.T) {
	w := newWorld(t, patient())
	address := w.plain(route.HTTPHost(map[string]string{"x": service}))
	w.echoBackend("http", backend.Options{})
	c := dialTCP(t, address)
	for _, b := range []byte("GET / HTTP/1.1\r\nHost: x\r\n") {
		_, err := c.Write([]byte{b})
		require.NoError(t, err)
	}
	got := make([]byte, len("http: GET / HTTP/1.1\nhttp: Host: x\n"))
	_, err := io.ReadFull(c, got)
	require.NoError(t, err)
	require.Equal(t, "http: GET / HTTP/1.1\nhttp: Host: x\n", string(got))
}

func TestPlainClientWithoutARouteIsEnded(t *testing.T) {
	o := patient()
	o.FirstBytes = 200 * time.Millisecond
	w := newWorld(t, o)
	address := w.plain(route.HTTPHost(map[string]string{"x": service}))
	cases := map[string]func(*net.TCPConn){
		"who asks for somebody else":  func(c *net.TCPConn) { _, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: y\r\n\r\n") },
		"who speaks something else":   func(c *net.TCPConn) { _, _ = io.WriteString(c, "\x16\x03") },
		"who is silent":               func(*net.TCPConn) {},
		"who says too little":         func(c *net.TCPConn) { _, _ = io.WriteString(c, "GET") },
		"who ends with too little":    func(c *net.TCPConn) { _, _ = io.WriteString(c, "GET"); _ = c.CloseWrite() },
		"who ends without a word":     func(c *net.TCPConn) { _ = c.CloseWrite() },
		"who never comes to the host": func(c *net.TCPConn) { _, _ = io.Copy(c, io.LimitReader(endless{}, 1<<20)) },
	}
	for name, act := range cases {
		t.Run(name, func(t *testing.T) {
			c := dialTCP(t, address)
			act(c)
			_, err := io.Copy(io.Discard, c)
			require.NotErrorIs(t, err, errTimeout)
			require.Equal(t, broker.Closed, w.outcome().Kind)
		})
	}
}

// endless is a request that goes on and on.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	const field = "A: b\r\n"
	return copy(b, "GET / HTTP/1.1\r\n"+field+field+field), nil
}

func TestPlainClientThatNobodyAdoptsIsProxied(t *testing.T) {
	w := newWorld(t, patient())
	target, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer target.Close()
	go socktest.EchoLines("target", target)
	address := w.plain(func(broker.Client) (broker.Request, error) {
		return broker.Request{Service: service, Proxy: target.Addr().String()}, nil
	})
	c := dialTCP(t, address)
	_, err = io.WriteString(c, "hello\n")
	require.NoError(t, err)
	hear(t, c, "target: hello")
	require.Equal(t, broker.Proxied, w.outcome().Kind)
}

func TestPlainClientThatNobodyServesIsEnded(t *testing.T) {
	w := newWorld(t, patient())
	c := dialTCP(t, w.plain(route.Fixed(service)))
	_, err := c.Read(make([]byte, 1))
	require.Error(t, err)
	require.Equal(t, broker.Closed, w.outcome().Kind)
}

// The client of a holder that is stuck with a copy reads the end all the same.
func TestPlainClientOfAStuckHolderIsEnded(t *testing.T) {
	w := newWorld(t, quick())
	p := w.peer()
	c := dialTCP(t, w.plain(route.Fixed(service)))
	o := p.offer()
	require.True(t, o.ReadyToken.IsZero())
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, broker.Closed, w.outcome().Kind)
}
