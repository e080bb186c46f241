package compat_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/compat"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// What is refused leaves the connection as it was, and closes the link.
func TestHandoffRefusesBeforeItTakes(t *testing.T) {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for name, test := range map[string]struct {
		ctx     context.Context
		prepare func(*world)
		wrap    bool
		service string
		want    func(*testing.T, error)
	}{
		"a context that is over": {ctx: over, want: is(context.Canceled)},
		"an invalid service":     {service: "A B", want: is(wire.ErrService)},
		"a wrapped connection": {wrap: true, want: func(t *testing.T, err error) {
			var e *broker.UnsupportedError
			require.ErrorAs(t, err, &e)
		}},
		"a sender that is shut down": {prepare: func(w *world) { _, _ = w.sender.Shutdown(context.Background()) }, want: is(compat.ErrClosed)},
		"a registry that is closed":  {prepare: func(w *world) { w.registry.Close() }, want: is(compat.ErrClosed)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, patient)
			if test.prepare != nil {
				test.prepare(w)
			}
			_, server := socktest.TCPPair(t)
			var conn net.Conn = server
			if test.wrap {
				conn = struct{ net.Conn }{server}
			}
			if test.ctx == nil {
				test.ctx = context.Background()
			}
			if test.service == "" {
				test.service = oldService
			}
			ours, theirs := unixPair(t)
			o, err := w.sender.Handoff(test.ctx, conn, ours, compat.Request{Service: test.service})
			test.want(t, err)
			require.Equal(t, broker.Fallback, o.Kind)
			require.True(t, o.Settled)
			require.Equal(t, conn, o.Conn)
			_, err = theirs.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
			require.Zero(t, w.sender.Stats().Descriptors.Opened)
		})
	}
}

func is(want error) func(*testing.T, error) {
	return func(t *testing.T, err error) { require.ErrorIs(t, err, want) }
}

func TestHandoffWithoutRoomGivesTheConnectionBack(t *testing.T) {
	r, err := registry.New(registry.Options{MaxPending: 1})
	require.NoError(t, err)
	_, err = r.Issue(time.Now())
	require.NoError(t, err)
	sender := compat.NewSender(r, nil)
	_, server := socktest.TCPPair(t)
	ours, _ := unixPair(t)
	o, err := sender.Handoff(context.Background(), server, ours, compat.Request{Service: oldService})
	require.NoError(t, err)
	require.Equal(t, fallback.FDPressureDisabled, o.Decision.Reason)
	require.True(t, o.Settled)
	require.Zero(t, o.Attempts)
	require.NoError(t, o.Conn.Close())
	require.Equal(t, compat.Stats{Fallback: 1, Descriptors: broker.Descriptors{Opened: 1, Adopted: 1}}, sender.Stats())
}

func TestShutdownThatCannotWaitFences(t *testing.T) {
	w := newWorld(t, patient)
	client, server := socktest.TCPPair(t)
	link, done := w.handOff(context.Background(), server)
	_, fd := receiveToken(t, link)
	defer closeFD(t, fd)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	stats, err := w.sender.Shutdown(over)
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 1, stats.Fenced)
	require.Zero(t, stats.InFlight)
	r := <-done
	require.ErrorIs(t, r.err, compat.ErrClosed)
	require.Equal(t, broker.Fenced, r.Kind)
	requireEnded(t, client)
}

// A backend that ended its link may still hold the connection, so no broker offers it to another.
func TestUnsettledConnectionIsNotOfferedAgain(t *testing.T) {
	w := newWorld(t, patient)
	_, server := socktest.TCPPair(t)
	link, done := w.handOff(context.Background(), server)
	_, fd := receiveToken(t, link)
	defer closeFD(t, fd)
	require.NoError(t, link.Close())
	r := <-done
	require.NoError(t, r.err)
	b, err := broker.New(broker.Options{})
	require.NoError(t, err)
	defer b.Shutdown(context.Background())
	_, err = b.Handoff(context.Background(), r.Conn, broker.Request{Service: oldService})
	require.ErrorIs(t, err, broker.ErrUnsettled)
	require.NoError(t, r.Conn.Close())
}
