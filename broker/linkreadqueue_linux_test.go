package broker_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A frame that never ends hides no ACK: the link is dropped because no ping is answered,
// and the connection goes on to another backend.
func TestFrameThatNeverEnds(t *testing.T) {
	h := new(history)
	o := patient()
	o.Trace = h.add
	o.PingInterval = shortPing
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "hello\n")
	current := p.offer()
	w.echoBackend("two", backend.Options{})
	p.write([]byte{wire.Version, 0, wire.MaxControl >> 8, 0, 0})
	for {
		if _, err := p.link.SendAll([]byte{0}, -1, time.Now().Add(5*time.Second)); err != nil {
			break // it is being dropped
		}
		time.Sleep(time.Millisecond)
	}
	dropped := func() bool { _, n := h.of(broker.OpDropLink); return n > 0 }
	require.Eventually(t, dropped, hang, time.Millisecond)
	e, n := h.of(broker.OpDropLink)
	require.Equal(t, 1, n)
	require.ErrorIs(t, e.Err, broker.ErrSilent)
	p.close(current.fd)
	p.die()
	c.ready(t)
	c.hear(t, "two: hello")
	require.Equal(t, broker.Adopted, w.outcome().Kind)
}

// A backend that always has more to say cannot keep an attempt from its deadline: the
// queue is read for so long only, and then the connection is fenced, since an ACK may be
// in what was not read.
func TestFramesWithoutEnd(t *testing.T) {
	h := new(history)
	o := quick()
	o.PingInterval = -1
	bogus := wire.Ack{Token: mustToken(t, "0123456789abcdef"), Accepted: true, CorrelationID: 1 << 40}
	frame := bogus.Append(nil)
	var flood atomic.Pointer[peer]
	var flooding atomic.Bool
	o.Trace = func(e broker.Event) {
		switch e.Op {
		case broker.OpReadClock:
			flooding.Store(true)
		case broker.OpReadAck:
		case broker.OpDropLink:
			flooding.Store(false)
			fallthrough
		default:
			h.add(e)
			return
		}
		// The next frame is there before the broker has done with this one.
		if p := flood.Load(); p != nil && flooding.Load() {
			if _, err := p.link.SendAll(frame, -1, time.Now().Add(time.Second)); err != nil {
				flooding.Store(false)
			}
		}
	}
	w := newWorld(t, o)
	p := w.peer()
	flood.Store(p)
	c := w.dial()
	c.hello(t, "")
	p.offer()
	require.Equal(t, broker.Fenced, w.outcome().Kind)
	c.ended(t)
	require.IsType(t, &wire.Revoke{}, p.read())
	require.Equal(t, wire.ByeProtocol, p.read().(*wire.Bye).Reason)
	p.gone()
	drop, n := h.of(broker.OpDropLink)
	require.Equal(t, 1, n)
	require.ErrorIs(t, drop.Err, broker.ErrFlooded)
	require.EqualValues(t, 1, w.broker.Stats().Registry.Expired)
	w.echoBackend("sound", backend.Options{})
	c = w.dial()
	c.hello(t, "x\n")
	c.ready(t)
	c.hear(t, "sound: x")
}

// Descriptors that a backend sends are closed, however many: none has a meaning. So are
// those that came before there was no room for more.
func TestDescriptorsByTheHundredAreClosed(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	ping := wire.Ping{Nonce: 1}
	frame := ping.Append(nil)
	send := func(n int) {
		fds := make([]int, n)
		_, _, err := p.conn.WriteMsgUnix(frame, unix.UnixRights(fds...), nil)
		require.NoError(t, err)
		_, ok := p.read().(*wire.Pong)
		require.True(t, ok)
	}
	const most = 253 // that one message may have
	for range 20 {
		send(most)
	}
	require.EqualValues(t, 20*most, w.broker.Stats().Descriptors.Closed)
	room := socktest.LeaveDescriptors(t, 3)
	send(most)
	room()
	require.EqualValues(t, 20*most+3, w.broker.Stats().Descriptors.Closed)
	require.Zero(t, w.broker.Stats().Descriptors.Open)

	w.echoBackend("sound", backend.Options{})
	p.die()
	c := w.dial()
	c.hello(t, "x\n")
	c.ready(t)
	c.hear(t, "sound: x")
}

func TestDescriptorsFromABackendAreClosed(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	ping := wire.Ping{Nonce: 1}
	_, err := p.link.SendAll(ping.Append(nil), 0, time.Now().Add(time.Second))
	require.NoError(t, err)
	_, ok := p.read().(*wire.Pong)
	require.True(t, ok)
	require.EqualValues(t, 1, w.broker.Stats().Descriptors.Closed)
}
