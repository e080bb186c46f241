package broker_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// A backend that sends noise costs the one connection that it was offered.
func TestNoiseOnALinkCostsOneHandoff(t *testing.T) {
	w := newWorld(t, patient())
	random := rand.New(rand.NewPCG(1, 2))
	noise := func() []byte {
		b := make([]byte, 1+random.IntN(200))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		switch random.IntN(3) {
		case 0: // raw
			return b
		case 1: // a frame of noise
			return append([]byte{wire.Version, byte(len(b)), 0, 0, 0}, b...)
		}
		kinds := []wire.Kind{wire.KindRequest, wire.KindResponse, wire.KindEvent, wire.KindCancel}
		protocols := []wire.Protocol{wire.ProtocolHello, wire.ProtocolHandoff, wire.ProtocolLink, wire.ProtocolClient}
		f := wire.Frame{Version: wire.Version, Kind: kinds[random.IntN(4)], Protocol: protocols[random.IntN(4)], Payload: b}
		return f.Append(nil)
	}
	for range 100 {
		p := w.peer()
		c := w.dial()
		c.hello(t, "")
		p.offer()
		for {
			// Until the link is dropped, which a failed write shows.
			if _, err := p.link.SendAll(noise(), -1, time.Now().Add(5*time.Second)); err != nil {
				break
			}
		}
		require.Equal(t, broker.Fenced, (<-w.outcomes).Kind)
		c.ended(t)
		p.die()
	}
	w.echoBackend("sound", backend.Options{})
	c := w.dial()
	c.hello(t, "x\n")
	c.ready(t)
	c.hear(t, "sound: x")
}

// Messages out of turn, each well formed, end nothing.
func TestMessagesOutOfTurnEndNothing(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	random := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		var bytes [registry.TokenSize]byte
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		token, err := registry.ParseToken(bytes[:])
		require.NoError(t, err)
		correlation := o.CorrelationID + uint64(random.IntN(3)) - 1
		switch random.IntN(5) {
		case 0:
			p.send(&wire.Ack{Token: token, Accepted: true, CorrelationID: correlation})
		case 1:
			p.send(&wire.Ack{Token: token, CorrelationID: correlation, Reason: wire.ReasonBackendRejected})
		case 2:
			p.send(&wire.Released{Token: token, CorrelationID: correlation})
		case 3:
			p.send(&wire.Pong{Nonce: random.Uint64()})
		case 4:
			p.send((*wire.Released)(ptr(o.name()))) // of what was not revoked
		}
	}
	w.sync(p)
	p.ack(o)
	p.commit(o)
	require.Equal(t, broker.Adopted, (<-w.outcomes).Kind)
}

func ptr[T any](v T) *T { return &v }
