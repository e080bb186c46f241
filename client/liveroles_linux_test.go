package client_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

// roles has a real broker and a dialer for it. At the end of the test the broker is shut down, and no
// role may have leaked a descriptor.
type roles struct {
	t      *testing.T
	broker *broker.Broker
	dir    string
	dialer client.Dialer
}

func newRoles(t *testing.T, network string, o broker.Options) *roles {
	t.Helper()
	r := &roles{t: t, dir: t.TempDir()}
	before := sockets(t)
	b, err := broker.New(o)
	require.NoError(t, err)
	r.broker = b
	served := r.serve(b.ServeBackends, "unix", r.path("control"))
	clients := r.serve(func(ln net.Listener) error { return b.Serve(ln, nil) }, network, map[string]string{"unix": r.path("clients"), "tcp": "127.0.0.1:0"}[network])
	r.dialer = client.Dialer{Network: network, Address: clients.Addr().String(), Service: service}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
		defer cancel()
		s, err := b.Shutdown(ctx)
		require.NoError(t, err)
		require.Zero(t, s.Descriptors.Open)
		served.Close()
		clients.Close()
		require.Eventually(t, func() bool { return sockets(t) <= before }, testTimeout, time.Millisecond)
	})
	return r
}

func (r *roles) path(name string) string { return filepath.Join(r.dir, name) }

func (r *roles) serve(serve func(net.Listener) error, network, address string) net.Listener {
	r.t.Helper()
	ln, err := net.Listen(network, address)
	require.NoError(r.t, err)
	done := async(func() error { return serve(ln) })
	r.t.Cleanup(func() {
		ln.Close()
		require.ErrorIs(r.t, receive(r.t, done), broker.ErrClosed)
	})
	return ln
}

// backend starts a backend that calls serve for each connection; nil: it never accepts any.
func (r *roles) backend(serve func(net.Conn)) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	ln, err := backend.Listen(ctx, r.path("control"), service, backend.Options{})
	require.NoError(r.t, err)
	r.t.Cleanup(func() {
		ln.Close()
		s := ln.Stats().Descriptors
		require.Zero(r.t, s.Open, "%+v", s)
	})
	if serve != nil {
		r.accept(ln, serve)
	}
}

// elsewhere starts the server that clients reconnect to.
func (r *roles) elsewhere(serve func(net.Conn)) (address string) {
	r.t.Helper()
	ln, err := net.Listen("unix", r.path("elsewhere"))
	require.NoError(r.t, err)
	r.t.Cleanup(func() { ln.Close() })
	r.accept(ln, serve)
	return ln.Addr().String()
}

func (r *roles) accept(ln net.Listener, serve func(net.Conn)) {
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
}

func (r *roles) dial() *client.Conn {
	r.t.Helper()
	c, err := r.dialer.DialContext(context.Background(), "", "")
	require.NoError(r.t, err)
	r.t.Cleanup(func() { c.Close() })
	require.NoError(r.t, c.SetDeadline(time.Now().Add(testTimeout)))
	return c.(*client.Conn)
}

// lineServer answers each line with its name, a colon and the line.
func lineServer(name string) func(net.Conn) {
	return func(c net.Conn) {
		lines := bufio.NewScanner(c)
		for lines.Scan() {
			if _, err := fmt.Fprintf(c, "%s: %s\n", name, lines.Text()); err != nil {
				return
			}
		}
	}
}

// sockets returns how many sockets this process has open.
func sockets(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, entry := range entries {
		to, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}
