package broker_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"testing"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// BenchmarkHandoff is one explicit client from connect to the backend's first byte, in
// one process; reconnect is what it replaces: asking the broker, and connecting again.
func BenchmarkHandoff(b *testing.B) {
	dir := b.TempDir()
	control, clients, direct := filepath.Join(dir, "control"), filepath.Join(dir, "clients"), filepath.Join(dir, "direct")
	broke, err := broker.New(broker.Options{Reconnect: direct})
	require.NoError(b, err)
	listen := func(path string) *net.UnixListener {
		ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		require.NoError(b, err)
		return ln
	}
	go func() { _ = broke.ServeBackends(listen(control)) }()
	go func() { _ = broke.Serve(listen(clients), nil) }()
	straight := listen(direct)
	defer straight.Close()
	ln, err := dialBackend(control)
	require.NoError(b, err)
	defer ln.Close()
	defer func() {
		_, err := broke.Shutdown(context.Background())
		require.NoError(b, err)
	}()
	one := func(ln net.Listener) {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "x")
			c.Close()
		}
	}
	go one(ln)
	go one(straight)
	hello := func(capabilities uint64) []byte {
		m := wire.Hello{Service: service, Capabilities: capabilities}
		return m.Append(nil)
	}
	b.Run("way=handoff", func(b *testing.B) {
		frame := hello(wire.CapabilityHandlePassing)
		for b.Loop() {
			c, err := net.Dial("unix", clients)
			require.NoError(b, err)
			_, err = c.Write(frame)
			require.NoError(b, err)
			_, err = wire.ReadFrame(c, wire.MaxHello)
			require.NoError(b, err)
			_, err = wire.ReadFrame(c, wire.MaxControl)
			require.NoError(b, err)
			_, err = c.Read(make([]byte, 1))
			require.NoError(b, err)
			c.Close()
		}
	})
	b.Run("way=reconnect", func(b *testing.B) {
		frame := hello(0)
		for b.Loop() {
			c, err := net.Dial("unix", clients)
			require.NoError(b, err)
			_, err = c.Write(frame)
			require.NoError(b, err)
			_, err = wire.ReadFrame(c, wire.MaxHello)
			require.NoError(b, err)
			c.Close()
			c, err = net.Dial("unix", direct)
			require.NoError(b, err)
			_, err = c.Read(make([]byte, 1))
			require.NoError(b, err)
			c.Close()
		}
	})
}

func dialBackend(control string) (*backend.Listener, error) {
	for {
		ln, err := backend.Listen(context.Background(), control, service, backend.Options{})
		if err == nil {
			return ln, nil
		}
	}
}
