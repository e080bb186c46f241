package demo

import (
	"fmt"
	"sync"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
)

// brokerStats counts what the broker does, from three sources that must agree: the
// registry's trace, the broker's trace, and the outcomes of connections.
type brokerStats struct {
	expired func(correlation uint64) // called before the broker's next step
	traced  bool                     // keep every step of the registry, for --trace

	mu       sync.Mutex
	report   Report
	identity map[registry.Backend]string // the name that a backend answers with
	steps    []registry.Event
	unsent   map[uint64]string // service by Ref, from the registry's Abandon to the broker's
}

func newBrokerStats(expired func(uint64)) *brokerStats {
	return &brokerStats{
		expired:  expired,
		report:   Report{Answers: map[string]int{}, Direct: map[string]int{}},
		identity: map[registry.Backend]string{},
		unsent:   map[uint64]string{},
	}
}

// register stores the name of a backend under each of its services.
func (b *brokerStats) register(identity string, pid int, services []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range services {
		b.identity[registry.Backend{Service: s, PID: pid}] = identity
	}
}

// row returns the row of the table that a service is counted in. The caller holds mu.
func (b *brokerStats) row(service string) *Row {
	for class := range b.report.First {
		if plan.Class(class).String() == service {
			return &b.report.First[class]
		}
	}
	return &b.report.Retries
}

// registryStep receives each step of the registry.
func (b *brokerStats) registryStep(e registry.Event) {
	if !b.traced && !e.State.Terminal() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.traced {
		b.steps = append(b.steps, e)
	}
	if !e.State.Terminal() {
		return
	}
	if !b.row(e.Backend.Service).Outcomes.add(e.State) {
		b.problemLocked("%v left as %v", e.Backend, e.State)
	}
	switch {
	case e.State == fsm.Abandoned:
		b.unsent[e.Ref] = e.Backend.Service // until step learns the reason
	case e.State == fsm.Acknowledged:
		b.report.Answers[b.identity[e.Backend]]++
		if !e.Now.Before(e.End) {
			b.problemLocked("%v was acknowledged %v after its deadline", e.Backend, e.Now.Sub(e.End))
		}
	case e.State == fsm.Expired && (e.Now.Before(e.End) || time.Now().Before(e.Now)):
		b.problemLocked("%v expired %v before its deadline", e.Backend, e.End.Sub(e.Now))
	}
}

// step receives each step of the protocol.
func (b *brokerStats) step(e broker.Event) {
	if e.Op == broker.OpExpire {
		b.expired(e.Correlation)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r := &b.report
	switch {
	case e.Op == broker.OpAcceptClient:
		r.Accepted++
	case e.Op == broker.OpReadAck && e.Err != nil, e.Op == broker.OpAcknowledge && e.Err != nil:
		r.LateACKs++
	case e.Op == broker.OpAbandon:
		if e.Err != nil { // no byte of the offer could be sent
			b.row(b.unsent[e.Ref]).Unsent++
		}
		delete(b.unsent, e.Ref)
	case e.Op == broker.OpReadNack && e.Correlation != 0:
		r.NACKs++
	case e.Op == broker.OpSettle && e.Err != nil:
		r.Stuck++
	case e.Op == broker.OpDropLink:
		b.problemLocked("link %d was dropped: %v", e.Link, e.Err)
	}
}

// outcome receives the outcome of each connection.
func (b *brokerStats) outcome(o broker.Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o.Service == "" { // the client sent no request
		b.report.Rejected++
		return
	}
	row := b.row(o.Service)
	row.Kinds.add(o.Kind)
	row.Offers += o.Attempts
	if o.Kind != broker.Adopted {
		row.Missing += offersEach - o.Attempts
	}
}

// problem records an unexpected event, at most ten.
func (b *brokerStats) problem(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problemLocked(format, args...)
}

func (b *brokerStats) problemLocked(format string, args ...any) {
	if len(b.report.Problems) < 10 {
		b.report.Problems = append(b.report.Problems, "broker: "+fmt.Sprintf(format, args...))
	}
}
