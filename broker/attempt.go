package broker

import (
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// attempt is one offer of one connection on one link. Whoever claims it from its link decides it,
// alone and once: see attemptoutcome.go.
type attempt struct {
	link        *link
	owner       resultReceiver
	conn        *clientConn
	token       registry.Token
	correlation uint64
	ref         uint64
	deadline    time.Time // of the ACK
	serveBy     int64     // the end of the lease, by the kernel's clock; 0: no lease

	// Where a holder is waited for; nil: nobody holds a copy.
	settled       chan struct{} // closed when the holder has closed its copy
	settledTraced chan struct{} // closed when that was traced, too
}

// resultReceiver is whose connection an attempt offers.
type resultReceiver interface {
	deliver(result)
}

// result is what became of one attempt: the step that decided it is OpAcknowledge, OpFence,
// OpAbandon or OpExpire.
type result struct {
	attempt *attempt
	step    Op
	why     fallback.Decision // why the backend did not adopt the connection; zero: it did
}

// due reports whether the deadline has passed, and the lease has ended by the kernel's clock.
func (a *attempt) due(clock int64, now time.Time) bool {
	return !now.Before(a.deadline) && clock >= a.serveBy
}

// wireID is how messages name the attempt.
func (a *attempt) wireID() *wire.Attempt {
	return &wire.Attempt{Token: a.token, CorrelationID: a.correlation}
}

// trace reports a step about the attempt.
func (a *attempt) trace(op Op, err error) { a.traceNote(op, err, "") }

func (a *attempt) traceNote(op Op, err error, note string) {
	if trace := a.link.b.o.Trace; trace != nil {
		trace(Event{Op: op, Link: a.link.id, Correlation: a.correlation, Ref: a.ref, Err: err, Note: note})
	}
}
