package obligations_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
)

// The property is EveryClientEnds: a client learns that it is adopted, or that it must
// reconnect, or it reads the end.

// Nobody accepts the offer, and nobody refuses it.
func TestTimePasses(t *testing.T) {
	w := newWorld(t, broker.Options{})
	w.backend(held, backend.Options{})
	learns := w.client(held)
	require.Equal(t, learnsFallback, receive(t, learns))
	require.Equal(t, learnsEnd, receive(t, learns))
	require.EqualValues(t, 1, w.broker.Stats().Registry.Expired)
}

func TestADeadlineThatDoesNotComeKeepsTheClient(t *testing.T) {
	w := newWorld(t, broker.Options{Services: map[string]broker.Service{held: {AckDeadline: time.Hour}, other: {}}})
	read := make(chan struct{}, 1)
	ln := w.backend(held, backend.Options{Trace: func(e backend.Event) {
		if e.Op == backend.OpReadOffer {
			read <- struct{}{}
		}
	}})
	learns := w.client(held)
	receive(t, read)
	w.othersEnd()
	notYet(t, learns)
	require.Equal(t, 1, ln.Stats().Queued)
	ln.Close() // what ends it now is the end of the link
	require.Equal(t, learnsFallback, receive(t, learns))
}

// of returns a Trace that holds the first step of that name which is about a link, and
// only that link's.
func of(g *gate, op broker.Op, link uint64) func(broker.Event) {
	return func(e broker.Event) {
		if e.Op == op && e.Link == link {
			g.pass()
		}
	}
}

func TestTheBrokerOffers(t *testing.T) {
	w := newWorld(t, patient(nil))
	accepted := accept(t, w.backend(held, backend.Options{}))
	learns := w.client(held)
	c := receive(t, accepted)
	require.Equal(t, learnsReady, receive(t, learns))
	c.Close()
	require.Equal(t, learnsEnd, receive(t, learns))
}

func TestAConnectionThatIsNotOfferedStays(t *testing.T) {
	g := newGate(t)
	w := newWorld(t, broker.Options{Trace: of(g, broker.OpBegin, 1)})
	w.backend(held, backend.Options{})
	learns := w.client(held)
	receive(t, g.reached)
	w.othersEnd()
	notYet(t, learns)
	require.EqualValues(t, 1, w.broker.Stats().Registry.Pending, "it is registered, and its deadline has come")
	g.let()
	require.Equal(t, learnsFallback, receive(t, learns), "it was only that")
}

// patient is a broker whose offers have all the time, but for the other service's.
func patient(trace func(broker.Event)) broker.Options {
	return broker.Options{AckDeadline: hang, Trace: trace,
		Services: map[string]broker.Service{held: {}, other: {AckDeadline: deadline}}}
}

// refused makes a client whose offer is refused, since another one waits already.
func (w *world) refused() (*backend.Listener, <-chan string) {
	w.t.Helper()
	o, read := at(backend.OpReadOffer, nil)
	o.Queue, o.MaxInFlight = 1, 8 // it asks for more than it takes
	ln := w.backend(held, o)
	w.client(held)
	receive(w.t, read)
	return ln, w.client(held)
}

func TestTheBrokerReadsItsLinks(t *testing.T) {
	w := newWorld(t, patient(nil))
	ln, learns := w.refused()
	require.Equal(t, learnsFallback, receive(t, learns))
	require.Equal(t, learnsEnd, receive(t, learns))
	require.EqualValues(t, 1, ln.Stats().Rejected)
}

// The offer is refused, and nobody hears of it.
func TestALinkThatIsNotReadKeepsTheClient(t *testing.T) {
	g := newGate(t)
	w := newWorld(t, patient(of(g, broker.OpReadNack, 1)))
	ln, learns := w.refused()
	receive(t, g.reached)
	w.othersEnd()
	notYet(t, learns)
	require.EqualValues(t, 1, ln.Stats().Rejected)
	g.let()
	require.Equal(t, learnsFallback, receive(t, learns), "it was only that")
}

// A holder is stuck: it does not read the revoke.
func stuckHolder(t *testing.T, w *world) (*gate, *backend.Listener) {
	g := newGate(t)
	return g, w.backend(held, backend.Options{Trace: func(e backend.Event) {
		if e.Op == backend.OpReadRevoke {
			g.pass()
		}
	}})
}

func TestTheSettleTimerFires(t *testing.T) {
	w := newWorld(t, broker.Options{})
	g, ln := stuckHolder(t, w)
	learns := w.client(held)
	receive(t, g.reached)
	require.Equal(t, learnsFallback, receive(t, learns))
	require.Equal(t, 1, ln.Stats().Descriptors.Open, "the holder is stuck still")
	g.let()
}

func TestASettleTimerThatDoesNotFireKeepsTheClient(t *testing.T) {
	w := newWorld(t, broker.Options{SettleTimeout: time.Hour})
	g, _ := stuckHolder(t, w)
	learns := w.client(held)
	receive(t, g.reached)
	w.othersEnd()
	notYet(t, learns)
	require.EqualValues(t, 4, w.broker.Stats().Registry.Expired, "its handoff is over")
	g.let()
	require.Equal(t, learnsFallback, receive(t, learns), "it was only that")
}

// The link ends between the registration and the first byte of the offer: nobody else
// can have the connection.
func TestAnOfferThatCannotBeSentIsGivenBack(t *testing.T) {
	g := newGate(t)
	ended, abandoned := make(chan struct{}, 1), make(chan error, 1)
	w := newWorld(t, broker.Options{AckDeadline: hang, Trace: func(e broker.Event) {
		switch e.Op {
		case broker.OpBegin:
			g.pass()
		case broker.OpLinkEnd:
			ended <- struct{}{}
		case broker.OpAbandon:
			abandoned <- e.Err
		}
	}})
	ln := w.backend(held, backend.Options{})
	learns := w.client(held)
	receive(t, g.reached)
	ln.Close()
	receive(t, ended)
	g.let()
	require.Error(t, receive(t, abandoned))
	require.Equal(t, learnsFallback, receive(t, learns))
	require.Zero(t, ln.Stats().Offers, "no byte of it was read")
	require.EqualValues(t, 1, w.broker.Stats().Registry.Abandoned)
}
