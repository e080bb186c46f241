package broker_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// history keeps the steps that were traced, whole.
type history struct {
	mu     sync.Mutex
	events []broker.Event
}

func (h *history) add(e broker.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// of returns the latest step of that kind, and how many there were.
func (h *history) of(op broker.Op) (latest broker.Event, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if e.Op == op {
			latest = e
			n++
		}
	}
	return latest, n
}

// on returns how many steps of that kind there were on a link.
func (h *history) on(op broker.Op, link uint64) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if e.Op == op && e.Link == link {
			n++
		}
	}
	return n
}

// A backend that knows what another one was told ends nothing by it, and one that sends
// what is no message loses its link, with the one connection that it was offered. Each is
// answered by an error that can be told from others. Another link is not touched.
func TestHostileMessages(t *testing.T) {
	forged := wire.Ack{Token: mustToken(t, "0123456789abcdef"), Accepted: true, CorrelationID: 1}
	cases := map[string]struct {
		send func(own, others offer) string // on the hostile backend's link
		op   broker.Op                      // the step that tells of it
		err  func(error) bool
		lost bool // the link, and the handoff on it
	}{
		"a token of another link": {func(_, others offer) string { return accept(others) },
			broker.OpReadAck, is(registry.ErrNotPending), false},
		"a token of another link under its own correlation id": {func(own, others offer) string {
			own.Token = others.Token
			return accept(own)
		}, broker.OpReadAck, is(registry.ErrNotPending), false},
		"its own token under another correlation id": {func(own, others offer) string {
			own.CorrelationID = others.CorrelationID
			return accept(own)
		}, broker.OpReadAck, is(registry.ErrNotPending), false},
		"a token that was never issued": {func(offer, offer) string { return text(&forged) },
			broker.OpReadAck, is(registry.ErrNotPending), false},
		"the client's token": {func(own, _ offer) string {
			own.Token = own.ReadyToken
			return accept(own)
		}, broker.OpReadAck, is(registry.ErrNotPending), false},
		"an ACK under another request id": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.RequestID++
			return string(f.Append(nil))
		}, broker.OpDropLink, envelope(wire.ErrRequestID), true},
		"an ACK that is compressed": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Encoding = wire.EncodingZstd
			return string(f.Append(nil))
		}, broker.OpDropLink, envelope(wire.ErrEncoding), true},
		"an ACK of another version": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Version = 2
			return string(f.Append(nil))
		}, broker.OpDropLink, envelope(wire.ErrVersion), true},
		"an ACK of another kind": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Kind = wire.KindCancel
			return string(f.Append(nil))
		}, broker.OpDropLink, envelope(wire.ErrKind), true},
		"a protocol that nobody speaks": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Protocol = 0xFFFF
			return string(f.Append(nil))
		}, broker.OpDropLink, envelope(wire.ErrProtocol), true},
		"an ACK whose token is cut short": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Payload = f.Payload[:10]
			return string(f.Append(nil))
		}, broker.OpDropLink, field(wire.ErrTruncated), true},
		"an ACK without a token": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Payload = f.Payload[18:]
			return string(f.Append(nil))
		}, broker.OpDropLink, field(registry.ErrTokenMissing), true},
		"an empty frame": {func(offer, offer) string { return "\x01\x00\x00\x00\x00" },
			broker.OpDropLink, envelope(wire.ErrVersion), true},
		"what is no frame": {func(offer, offer) string { return "GET / HTTP/1.1\r\n" },
			broker.OpDropLink, is(wire.ErrFraming), true},
		"a frame that is a byte too large": {func(offer, offer) string { return "\x01\x01\x10\x00\x00" },
			broker.OpDropLink, size(wire.MaxControl + 1), true},
		"a frame of four gigabytes": {func(offer, offer) string { return "\x01\xff\xff\xff\xff" },
			broker.OpDropLink, size(1<<32 - 1), true},
		"an offer": {func(own, _ offer) string { return text(&own.Offer) },
			broker.OpDropLink, is(broker.ErrMessage), true},
		"a commit": {func(own, _ offer) string { return text((*wire.Commit)(ptr(own.name()))) },
			broker.OpDropLink, is(broker.ErrMessage), true},
		"a second hello": {func(offer, offer) string { return text(&wire.LinkHello{Version: 1, Service: service}) },
			broker.OpDropLink, is(broker.ErrMessage), true},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			h := new(history)
			o := patient()
			o.Trace = h.add
			w := newWorld(t, o)
			hostile := w.peer()
			c := w.dial()
			c.hello(t, "")
			own := hostile.offer()
			sound := w.peer()
			bystander := w.dial()
			bystander.hello(t, "")
			others := sound.offer()

			hostile.write([]byte(test.send(own, others)))
			if test.lost {
				c.ended(t)
				require.IsType(t, &wire.Revoke{}, hostile.read())
				require.Equal(t, wire.ByeProtocol, hostile.read().(*wire.Bye).Reason)
				hostile.gone()
				require.Equal(t, broker.Fenced, (<-w.outcomes).Kind)
			} else {
				w.sync(hostile)
				hostile.ack(own) // all that it did was for nothing
				hostile.commit(own)
				require.Equal(t, broker.Adopted, (<-w.outcomes).Kind)
			}
			e, n := h.of(test.op)
			if test.op == broker.OpReadAck {
				h.mu.Lock()
				e = h.events[slices.IndexFunc(h.events, func(e broker.Event) bool { return e.Op == test.op })]
				h.mu.Unlock()
				n--
			}
			require.Equal(t, 1, n)
			require.True(t, test.err(e.Err), "%v", e.Err)
			require.EqualValues(t, 1, e.Link)

			sound.ack(others)
			sound.commit(others)
			sound.sayReady(others, "untouched")
			bystander.ready(t)
			bystander.hear(t, "untouched")
			require.Equal(t, broker.Adopted, (<-w.outcomes).Kind)
		})
	}
}

func accept(o offer) string {
	return text(&wire.Ack{Token: o.Token, Accepted: true, CorrelationID: o.CorrelationID})
}

func text(m wire.Message) string { return string(m.Append(nil)) }

func mustToken(t *testing.T, bytes string) registry.Token {
	t.Helper()
	token, err := registry.ParseToken([]byte(bytes))
	require.NoError(t, err)
	return token
}

func frameOf(t *testing.T, s string) wire.Frame {
	t.Helper()
	f, err := wire.ParseFrame([]byte(s[wire.HeaderSize:]))
	require.NoError(t, err)
	return f
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func envelope(target error) func(error) bool {
	return func(err error) bool {
		var e *wire.EnvelopeError
		return errors.As(err, &e) && errors.Is(e, target)
	}
}

func field(target error) func(error) bool {
	return func(err error) bool {
		var e *wire.FieldError
		return errors.As(err, &e) && errors.Is(e, target)
	}
}

func size(n uint32) func(error) bool {
	return func(err error) bool {
		var e *wire.FrameSizeError
		return errors.As(err, &e) && e.Size == n && e.Max == wire.MaxControl
	}
}

func ptr[T any](v T) *T { return &v }

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
	require.Equal(t, broker.Adopted, (<-w.outcomes).Kind)
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
	require.Equal(t, broker.Fenced, (<-w.outcomes).Kind)
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

// A backend that takes offers and says nothing is offered one connection, and no other
// before it lets go of that: so it costs one client a fallback, and everybody else is
// served by who is sound. If the sound backend misses a deadline, the machine is too slow for
// that deadline and the run shows nothing: the next run has a longer one.
func TestSilentBackendCostsOneHandoff(t *testing.T) {
	for _, deadline := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 4 * time.Second} {
		shown := false
		t.Run(deadline.String(), func(t *testing.T) { shown = silentBackendsCostOneEach(t, deadline) })
		if shown || t.Failed() {
			return
		}
	}
	require.Fail(t, "the sound backend missed every deadline")
}

// silentBackendsCostOneEach reports whether the sound backend was in time for everybody. If it
// was not, nothing is asserted.
func silentBackendsCostOneEach(t *testing.T, deadline time.Duration) bool {
	const silent, clients = 6, 30
	h := new(history)
	o := broker.Options{AckDeadline: deadline, PingInterval: -1, SettleTimeout: 10 * time.Millisecond, Trace: h.add}
	w := newWorld(t, o)
	var peers []*peer
	for range silent {
		peers = append(peers, w.peer())
	}
	w.echoBackend("sound", backend.Options{})
	const linkOfSound = silent + 1 // they are numbered as they link
	var reasons []wire.Reason
	for range clients {
		c := w.dial()
		c.hello(t, "x\n")
		switch m := readMessage(t, c).(type) {
		case *wire.Ready:
			c.hear(t, "sound: x")
		case *wire.Fallback:
			reasons = append(reasons, m.Reason)
		}
		c.Close()
	}
	w.awaitInFlight(0)
	if h.on(broker.OpExpire, linkOfSound) > 0 {
		return false
	}
	require.Equal(t, slices.Repeat([]wire.Reason{wire.ReasonBackendAckTimeout}, silent), reasons)
	for _, p := range peers {
		current := p.offer()
		p.revoke(current)
		w.sync(p) // nothing else came
		p.released(current)
		w.sync(p)
	}
	s := w.broker.Stats()
	require.EqualValues(t, silent, s.Registry.Expired)
	require.EqualValues(t, clients-silent, s.Adopted)
	return true
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
	room := starve(t, 3)
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

// A broker that has no descriptor left accepts nobody, tries again, and is none the worse
// for it.
func TestNoDescriptorIsLeftToAccept(t *testing.T) {
	failed := make(logged, 16)
	o := patient()
	o.Logger = slog.New(failed)
	w := newWorld(t, o)
	w.echoBackend("one", backend.Options{})
	early := w.dial()
	early.hello(t, "")
	early.ready(t)
	early.ask(t, "x", "one: x") // so an Accept has returned it
	w.atRest()
	room := starve(t, 1)
	c := w.dial() // takes the last one
	require.Equal(t, "client not accepted", <-failed)
	early.ask(t, "x", "one: x")
	room()
	c.hello(t, "y\n")
	c.ready(t)
	c.hear(t, "one: y")
	w.atRest()

	room = starve(t, 1)
	p := w.stranger()
	require.Equal(t, "control connection not accepted", <-failed)
	early.ask(t, "x", "one: x")
	room()
	hello := wire.LinkHello{Version: wire.LinkVersion, Service: service}
	p.send(&hello)
	p.challenge()
	p.welcome()
}

// atRest waits until the broker has closed its copy of every connection.
func (w *world) atRest() {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		s := w.broker.Stats()
		return s.InFlight == 0 && s.Waiting == 0 && s.Descriptors.Open == 0
	}, 30*time.Second, time.Millisecond)
}

// logged are the messages of failed accepts.
type logged chan string

func (l logged) Enabled(context.Context, slog.Level) bool { return true }
func (l logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l logged) WithGroup(string) slog.Handler            { return l }
func (l logged) Handle(_ context.Context, r slog.Record) error {
	if strings.HasSuffix(r.Message, "not accepted") {
		select {
		case l <- r.Message:
		default: // it is tried many times
		}
	}
	return nil
}

// starve leaves this process room for n descriptors, until room is made.
func starve(t *testing.T, n int) (room func()) {
	t.Helper()
	var all unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &all))
	low := all
	low.Cur = 256
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	var spare []int
	for {
		fd, err := unix.Dup(0)
		if err != nil {
			require.ErrorIs(t, err, unix.EMFILE)
			break
		}
		spare = append(spare, fd)
	}
	require.Greater(t, len(spare), n)
	for _, fd := range spare[:n] {
		require.NoError(t, unix.Close(fd))
	}
	room = sync.OnceFunc(func() {
		for _, fd := range spare[n:] {
			_ = unix.Close(fd)
		}
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &all))
	})
	t.Cleanup(room)
	return room
}
