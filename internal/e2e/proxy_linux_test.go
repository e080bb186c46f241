package e2e_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/stretchr/testify/require"
)

// Without a backend the broker serves plain clients by proxy: every answer is whole, and
// what either side ends first goes through.
func TestProxiedTrafficArrivesWhole(t *testing.T) {
	w := newWorld(t, patient())
	target, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "proxied %s\n", strings.TrimPrefix(r.URL.Path, "/"))
	})
	mux.HandleFunc("POST /body", func(w http.ResponseWriter, r *http.Request) {
		if err := exchange(w, r); err != nil {
			panic(http.ErrAbortHandler) // the client sees that it is not whole
		}
	})
	server := &http.Server{Handler: mux}
	done := make(chan error, 1)
	go func() { done <- server.Serve(target) }()
	address := w.serve("tcp", func(broker.Client) (broker.Request, error) {
		return broker.Request{Service: web, Proxy: target.Addr().String()}, nil
	})
	dial := func(context.Context, string, string) (net.Conn, error) { return net.Dial("tcp", address) }
	n := max(1, *requests/4)
	for _, mode := range modes {
		transport := &http.Transport{DialContext: dial, DisableKeepAlives: !mode.keep}
		get(t, &http.Client{Transport: transport, Timeout: hang}, n)
		transport.CloseIdleConnections()
	}
	const size = 10 << 20
	transport := &http.Transport{DialContext: dial}
	request, err := http.NewRequest(http.MethodPost, "http://web/body", io.LimitReader(noise("question"), size))
	require.NoError(t, err)
	r, err := transport.RoundTrip(request)
	require.NoError(t, err)
	sum, err := checksum(r.Body, size)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	want, err := checksum(noise("answer"), size)
	require.NoError(t, err)
	require.Equal(t, want, sum)
	transport.CloseIdleConnections()
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
	s := w.resting()
	require.Greater(t, s.Proxied, uint64(n))
	require.Zero(t, s.Adopted+s.Fenced+s.Fallback+s.Closed)
}

// A client of a proxied connection that ends its direction is still answered.
func TestHalfClosePassesThroughAProxy(t *testing.T) {
	w := newWorld(t, patient())
	target, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer target.Close()
	go func() {
		for {
			c, err := target.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				sum := sha256.New()
				if n, err := io.Copy(sum, c); err == nil {
					fmt.Fprintf(c, "%d %x", n, sum.Sum(nil))
				}
			}()
		}
	}()
	address := w.serve("tcp", func(broker.Client) (broker.Request, error) {
		return broker.Request{Service: web, Proxy: target.Addr().String()}, nil
	})
	for _, size := range []int64{0, 1, 1 << 20} {
		want, err := checksum(noise("question"), size)
		require.NoError(t, err)
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		require.NoError(t, c.SetDeadline(time.Now().Add(hang)))
		_, err = io.Copy(c, io.LimitReader(noise("question"), size))
		require.NoError(t, err)
		require.NoError(t, c.(*net.TCPConn).CloseWrite())
		answer, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(size, " ", want), string(answer))
		require.NoError(t, c.Close())
	}
}
