package compat_test

import (
	"encoding/hex"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/handoff-go/handoff/compat"
	"github.com/stretchr/testify/require"
)

// handOver hands a connection over as a broker does, and returns the client's end and the link.
func handOver(t *testing.T, path string) (*net.TCPConn, handBroker) {
	t.Helper()
	link, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	t.Cleanup(func() { link.Close() })
	client, fd := rawPair(t)
	b := handBroker{UnixConn: link}
	b.send(t, oldToken, fd)
	b.send(t, oldOffer)
	closeFD(t, fd)
	return client, b
}

func (b handBroker) readAck(t *testing.T) {
	t.Helper()
	require.NoError(t, b.SetReadDeadline(time.Now().Add(hang)))
	ack := make([]byte, len(oldAck)/2)
	_, err := io.ReadFull(b, ack)
	require.NoError(t, err)
	require.Equal(t, oldAck, hex.EncodeToString(ack))
}

// A place in the queue is free again when its handoff is over, whether it was accepted or failed.
func TestListenerTakesMoreHandoffsThanItsQueueHolds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control")
	ln, err := compat.Listen(listenUnix(t, path), oldService, compat.Options{Queue: 1, Handshake: patient})
	require.NoError(t, err)
	for i := range 6 {
		if i%2 == 1 { // one that fails
			link, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
			require.NoError(t, err)
			require.NoError(t, link.Close())
			continue
		}
		client, b := handOver(t, path)
		b.readAck(t)
		c, err := ln.Accept()
		require.NoError(t, err)
		require.NoError(t, c.Close())
		requireEnded(t, client)
	}
	require.NoError(t, ln.Close())
}

// With a full queue the next broker waits in the backlog. Close does not wait for an Accept: it ends
// what was acknowledged and not accepted.
func TestListenerClosesWithAFullQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control")
	ln, err := compat.Listen(listenUnix(t, path), oldService, compat.Options{Queue: 2, Handshake: patient})
	require.NoError(t, err)
	one, b := handOver(t, path)
	b.readAck(t)
	two, b := handOver(t, path)
	b.readAck(t)
	three, b := handOver(t, path) // its descriptor is in the socket's queue
	require.EqualValues(t, 2, ln.Descriptors().Opened)
	closed := make(chan error, 1)
	go func() { closed <- ln.Close() }()
	select {
	case err := <-closed:
		require.NoError(t, err)
	case <-time.After(hang):
		require.Fail(t, "Close hangs")
	}
	for _, client := range []*net.TCPConn{one, two} {
		requireEnded(t, client)
	}
	require.NoError(t, b.Close())
	requireEnded(t, three)
	require.Zero(t, ln.Descriptors().Open)
}
