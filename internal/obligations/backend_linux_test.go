package obligations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
)

// at returns Options whose Trace tells each step of that name, and holds the first one
// if there is a gate.
func at(op backend.Op, g *gate) (backend.Options, <-chan struct{}) {
	taken := make(chan struct{}, 16)
	return backend.Options{Trace: func(e backend.Event) {
		if e.Op != op {
			return
		}
		if g != nil {
			g.pass()
		}
		taken <- struct{}{}
	}}, taken
}

// The property is EveryCopyCloses: who holds and does not own, lets go.

func TestTheBackendReadsItsLink(t *testing.T) {
	w := newWorld(t, broker.Options{})
	o, released := at(backend.OpSendReleased, nil)
	ln := w.backend(held, o)
	learns := w.client(held)
	receive(t, released)
	require.Zero(t, ln.Stats().Descriptors.Open)
	require.Equal(t, learnsFallback, receive(t, learns))
}

func TestARevokeThatIsNotReadKeepsTheCopy(t *testing.T) {
	w := newWorld(t, broker.Options{})
	g := newGate(t)
	o, read := at(backend.OpReadRevoke, g)
	ln := w.backend(held, o)
	learns := w.client(held)
	receive(t, g.reached)
	require.Equal(t, learnsFallback, receive(t, learns))
	require.Equal(t, learnsEnd, receive(t, learns))
	w.othersEnd()
	require.Equal(t, 1, ln.Stats().Descriptors.Open, "its client has ended long since")
	g.let()
	receive(t, read)
	ln.Close()
	require.Zero(t, ln.Stats().Descriptors.Open, "it was only that")
}

// And EveryClientEnds: who owns, serves, and comes to an end.

func TestWhoAcknowledgedGoesOn(t *testing.T) {
	w := newWorld(t, patient(nil))
	o, read := at(backend.OpReadOffer, nil)
	ln := w.backend(held, o)
	learns := w.client(held)
	receive(t, read)
	accepted := accept(t, ln) // it finds the offer in the queue
	c := receive(t, accepted)
	require.Equal(t, learnsReady, receive(t, learns))
	c.Close()
}

// Its ACK is written, the broker has committed, and it does not read the clock.
func TestAnOwnerThatDoesNotGoOnKeepsTheClient(t *testing.T) {
	w := newWorld(t, patient(nil))
	g := newGate(t)
	read, committed := make(chan struct{}, 1), make(chan struct{}, 1)
	ln := w.backend(held, backend.Options{Trace: func(e backend.Event) {
		switch e.Op {
		case backend.OpReadOffer:
			read <- struct{}{}
		case backend.OpReadCommit:
			committed <- struct{}{}
		case backend.OpSendAck:
			g.pass()
		}
	}})
	learns := w.client(held)
	receive(t, read)
	accepted := accept(t, ln) // not the reader, which goes on
	receive(t, g.reached)
	receive(t, committed)
	w.othersEnd()
	notYet(t, learns)
	require.EqualValues(t, 1, w.broker.Stats().Adopted, "to the broker it is done")
	g.let()
	c := receive(t, accepted)
	require.Equal(t, learnsReady, receive(t, learns), "it was only that")
	c.Close()
}

func TestAServerComesToItsEnd(t *testing.T) {
	w := newWorld(t, patient(nil))
	accepted := accept(t, w.backend(held, backend.Options{}))
	learns := w.client(held)
	c := receive(t, accepted)
	require.Equal(t, learnsReady, receive(t, learns))
	require.NoError(t, c.Close())
	require.Equal(t, learnsEnd, receive(t, learns))
}

func TestAServerThatDoesNotEndKeepsTheClient(t *testing.T) {
	w := newWorld(t, patient(nil))
	ln := w.backend(held, backend.Options{})
	accepted := accept(t, ln)
	learns := w.client(held)
	c := receive(t, accepted)
	require.Equal(t, learnsReady, receive(t, learns))
	w.othersEnd()
	require.NoError(t, ln.Close(), "nor does the end of its link end it")
	notYet(t, learns)
	require.NoError(t, c.Close())
	require.Equal(t, learnsEnd, receive(t, learns), "it was only that")
}
