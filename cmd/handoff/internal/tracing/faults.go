package tracing

import (
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
)

// faults counts the steps that may go wrong. It is safe for concurrent use.
type faults struct{ acks, commits, clients turn }

// newFaults lets the seed say where the counting begins.
func newFaults(seed uint64) *faults {
	f := &faults{}
	for _, t := range []*turn{&f.acks, &f.commits, &f.clients} {
		t.n.Store(seed)
	}
	return f
}

// turn counts.
type turn struct{ n atomic.Uint64 }

// one returns true once in every n times.
func (t *turn) one(n uint64) bool { return t.n.Add(1)%n == 0 }

// stepOfSlow is called in the steps of a backend that sometimes does not write an
// ACK before its attempt has ended.
func (w *world) stepOfSlow(e backend.Event) {
	if e.Op == backend.OpReserve && w.faults.acks.one(4) {
		w.recorder.awaitEnd(e.Correlation)
	}
}

// stepOfBroker is called in the steps of the broker. Sometimes the reader of a
// link is held up after a commit, until the ACKs that are under way are late.
func (w *world) stepOfBroker(e broker.Event) {
	w.recorder.addBroker(e)
	if e.Op == broker.OpSendCommit && w.faults.commits.one(8) {
		time.Sleep(w.cfg.AckDeadline + w.cfg.AckDeadline/4)
	}
}
