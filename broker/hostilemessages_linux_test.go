package broker_test

import (
	"slices"
	"testing"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

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
			broker.OpReadAck, socktest.Is(registry.ErrNotPending), false},
		"a token of another link under its own correlation id": {func(own, others offer) string {
			own.Token = others.Token
			return accept(own)
		}, broker.OpReadAck, socktest.Is(registry.ErrNotPending), false},
		"its own token under another correlation id": {func(own, others offer) string {
			own.CorrelationID = others.CorrelationID
			return accept(own)
		}, broker.OpReadAck, socktest.Is(registry.ErrNotPending), false},
		"a token that was never issued": {func(offer, offer) string { return text(&forged) },
			broker.OpReadAck, socktest.Is(registry.ErrNotPending), false},
		"the client's token": {func(own, _ offer) string {
			own.Token = own.ReadyToken
			return accept(own)
		}, broker.OpReadAck, socktest.Is(registry.ErrNotPending), false},
		"an ACK under another request id": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.RequestID++
			return string(f.Append(nil))
		}, broker.OpDropLink, socktest.IsEnvelope(wire.ErrRequestID), true},
		"an ACK that is compressed": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Encoding = wire.EncodingZstd
			return string(f.Append(nil))
		}, broker.OpDropLink, socktest.IsEnvelope(wire.ErrEncoding), true},
		"an ACK of another version": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Version = 2
			return string(f.Append(nil))
		}, broker.OpDropLink, socktest.IsEnvelope(wire.ErrVersion), true},
		"an ACK of another kind": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Kind = wire.KindCancel
			return string(f.Append(nil))
		}, broker.OpDropLink, socktest.IsEnvelope(wire.ErrKind), true},
		"a protocol that nobody speaks": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Protocol = 0xFFFF
			return string(f.Append(nil))
		}, broker.OpDropLink, socktest.IsEnvelope(wire.ErrProtocol), true},
		"an ACK whose token is cut short": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Payload = f.Payload[:10]
			return string(f.Append(nil))
		}, broker.OpDropLink, socktest.IsField(wire.ErrTruncated), true},
		"an ACK without a token": {func(own, _ offer) string {
			f := frameOf(t, accept(own))
			f.Payload = f.Payload[18:]
			return string(f.Append(nil))
		}, broker.OpDropLink, socktest.IsField(registry.ErrTokenMissing), true},
		"an empty frame": {func(offer, offer) string { return "\x01\x00\x00\x00\x00" },
			broker.OpDropLink, socktest.IsEnvelope(wire.ErrVersion), true},
		"what is no frame": {func(offer, offer) string { return "GET / HTTP/1.1\r\n" },
			broker.OpDropLink, socktest.Is(wire.ErrFraming), true},
		"a frame that is a byte too large": {func(offer, offer) string { return "\x01\x01\x10\x00\x00" },
			broker.OpDropLink, socktest.IsFrameSize(wire.MaxControl+1, wire.MaxControl), true},
		"a frame of four gigabytes": {func(offer, offer) string { return "\x01\xff\xff\xff\xff" },
			broker.OpDropLink, socktest.IsFrameSize(1<<32-1, wire.MaxControl), true},
		"an offer": {func(own, _ offer) string { return text(&own.Offer) },
			broker.OpDropLink, socktest.Is(broker.ErrMessage), true},
		"a commit": {func(own, _ offer) string { return text((*wire.Commit)(ptr(own.name()))) },
			broker.OpDropLink, socktest.Is(broker.ErrMessage), true},
		"a second hello": {func(offer, offer) string { return text(&wire.LinkHello{Version: 1, Service: service}) },
			broker.OpDropLink, socktest.Is(broker.ErrMessage), true},
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
				require.Equal(t, broker.Fenced, w.outcome().Kind)
			} else {
				w.sync(hostile)
				hostile.ack(own) // all that it did was for nothing
				hostile.commit(own)
				require.Equal(t, broker.Adopted, w.outcome().Kind)
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
			require.Equal(t, broker.Adopted, w.outcome().Kind)
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

func ptr[T any](v T) *T { return &v }
