package backend_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// handedOver hands a connection over, and returns the backend's end and the client's.
func handedOver(t *testing.T, change ...func(*wire.Offer)) (*backend.Conn, *net.TCPConn) {
	t.Helper()
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o := b.offer(long, change...)
	c := accept(t, accepted)
	b.readAck(o)
	return c, o.client
}

func preface(text string) func(*wire.Offer) {
	return func(o *wire.Offer) { o.Preface = []byte(text) }
}

func TestInfoIsWhatTheBrokerSent(t *testing.T) {
	c, client := handedOver(t, func(o *wire.Offer) { o.ClientAddress, o.Metadata = "192.0.2.1:7", []byte("m") })
	require.Equal(t, backend.Info{Service: service, ClientAddress: "192.0.2.1:7", Metadata: []byte("m")}, c.Info())
	require.Equal(t, client.LocalAddr(), c.RemoteAddr())
	require.Equal(t, client.RemoteAddr(), c.LocalAddr())
}

func TestPrefaceIsReadFirst(t *testing.T) {
	c, client := handedOver(t, preface("first "))
	_, err := io.WriteString(client, "second")
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())
	got, err := io.ReadAll(struct{ io.Reader }{c})
	require.NoError(t, err)
	require.Equal(t, "first second", string(got))
}

func TestWriteToBeginsWithThePreface(t *testing.T) {
	c, client := handedOver(t, preface("first "))
	_, err := io.WriteString(client, "second")
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())
	var got bytes.Buffer
	n, err := c.WriteTo(&got)
	require.NoError(t, err)
	require.Equal(t, "first second", got.String())
	require.EqualValues(t, got.Len(), n)
}

func TestWriteToKeepsThePrefaceThatWasNotWritten(t *testing.T) {
	c, client := handedOver(t, preface("abcdef"))
	n, err := c.WriteTo(shortWriter{})
	require.ErrorIs(t, err, io.ErrShortWrite)
	require.EqualValues(t, 2, n)
	require.NoError(t, client.CloseWrite())
	got, err := io.ReadAll(struct{ io.Reader }{c})
	require.NoError(t, err)
	require.Equal(t, "cdef", string(got))
}

type shortWriter struct{}

func (shortWriter) Write([]byte) (int, error) { return 2, io.ErrShortWrite }

func TestReadFromSendsAll(t *testing.T) {
	c, client := handedOver(t)
	go func() {
		_, _ = c.ReadFrom(strings.NewReader(strings.Repeat("x", 1<<20)))
		_ = c.CloseWrite()
	}()
	got, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Len(t, got, 1<<20)
}

func TestHalfClosePassesThrough(t *testing.T) {
	c, client := handedOver(t)
	require.NoError(t, client.CloseWrite())
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, c.CloseRead())
	_, err = io.WriteString(c, "still")
	require.NoError(t, err)
	require.NoError(t, c.CloseWrite())
	got, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Equal(t, "still", string(got))
}

// A stuck process that holds a copy cannot keep the connection open.
func TestCloseEndsEveryCopy(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o, fd := b.newOffer(long)
	b.write(o.Append(nil), fd)
	c := accept(t, accepted)
	b.readAck(o)
	require.NoError(t, c.Close())
	o.readEnd(t)
	closeFD(t, fd)
}

func TestDetachLeavesTheConnectionOpen(t *testing.T) {
	c, client := handedOver(t)
	f, err := c.Detach()
	require.NoError(t, err)
	defer f.Close()
	_, err = c.Write([]byte("x"))
	require.ErrorIs(t, err, net.ErrClosed)
	conn, err := net.FileConn(f)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "alive")
	require.NoError(t, err)
	got := make([]byte, 5)
	_, err = io.ReadFull(client, got)
	require.NoError(t, err)
}

func TestDetachRefusesAnUnreadPreface(t *testing.T) {
	c, _ := handedOver(t, preface("x"))
	_, err := c.Detach()
	require.ErrorIs(t, err, backend.ErrPrefaceLeft)
	_, err = c.Read(make([]byte, 1))
	require.NoError(t, err)
	f, err := c.Detach()
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func TestHTTPIsServedWithKeepAlive(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	var server http.Server
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.URL.Path, body)
	})
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	o := b.offer(long, preface("POST /0 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n0"))
	b.readAck(o)
	replies := bufio.NewReader(o.client)
	for i := range 100 {
		if i > 0 {
			fmt.Fprintf(o.client, "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n%d", i, i%10)
		}
		r, err := http.ReadResponse(replies, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("/%d %d", i, i%10), string(body))
	}
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
}
