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

// books are what the broker's process counts of its own broker. It hears of it in
// three ways, which must agree: the steps of the registry, the steps of the protocol,
// and the outcomes of connections.
type books struct {
	expired func(correlation uint64) // is told before the broker goes on
	traced  bool                     // every step of the registry is kept

	mu       sync.Mutex
	report   Report
	identity map[registry.Backend]string // of those that answer
	steps    []registry.Event
	unsent   map[uint64]string // the service of a handoff, by Ref, while it is being abandoned
}

func newBooks(expired func(uint64)) *books {
	return &books{
		expired:  expired,
		report:   Report{Answers: map[string]int{}, Direct: map[string]int{}},
		identity: map[registry.Backend]string{},
		unsent:   map[uint64]string{},
	}
}

// know notes what a backend calls itself, under each of its services.
func (b *books) know(identity string, pid int, services []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range services {
		b.identity[registry.Backend{Service: s, PID: pid}] = identity
	}
}

// row returns where a service is counted. The caller holds mu.
func (b *books) row(service string) *Row {
	for class := range b.report.First {
		if plan.Class(class).String() == service {
			return &b.report.First[class]
		}
	}
	return &b.report.Retries
}

// registryStep hears each step of the registry.
func (b *books) registryStep(e registry.Event) {
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
		b.unsent[e.Ref] = e.Backend.Service // until step hears why
	case e.State == fsm.Acknowledged:
		b.report.Answers[b.identity[e.Backend]]++
		if !e.Now.Before(e.End) {
			b.problemLocked("%v was acknowledged %v after its deadline", e.Backend, e.Now.Sub(e.End))
		}
	case e.State == fsm.Expired && (e.Now.Before(e.End) || time.Now().Before(e.Now)):
		b.problemLocked("%v expired %v before its deadline", e.Backend, e.End.Sub(e.Now))
	}
}

// step hears each step of the protocol.
func (b *books) step(e broker.Event) {
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

// outcome hears what became of each connection.
func (b *books) outcome(o broker.Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o.Service == "" { // it never said what it wanted
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

// problem notes what should not happen; a handful tells enough.
func (b *books) problem(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problemLocked(format, args...)
}

func (b *books) problemLocked(format string, args ...any) {
	if len(b.report.Problems) < 10 {
		b.report.Problems = append(b.report.Problems, "broker: "+fmt.Sprintf(format, args...))
	}
}
