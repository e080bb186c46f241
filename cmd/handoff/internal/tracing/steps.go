package tracing

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/spec/trace/events"
)

// reported is a step as a party reported it to its Trace.
type reported struct {
	events.Step
	correlation uint64
}

// steps holds the steps that all parties report for one connection. It is safe for concurrent
// use.
type steps struct {
	mu       sync.Mutex
	all      []reported
	attempts map[uint64]int // by correlation
	more     chan struct{}  // closed when a step is added
	late     string         // what did not happen in time
}

func newSteps() *steps { return &steps{attempts: map[uint64]int{}, more: make(chan struct{})} }

func (s *steps) add(t reported) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.Op == string(broker.OpBegin) && t.Who == "broker" {
		s.attempts[t.correlation] = len(s.attempts) + 1
	}
	s.all = append(s.all, t)
	close(s.more)
	s.more = make(chan struct{})
}

// await waits until a party has reported a step.
func (s *steps) await(who, op string) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		s.mu.Lock()
		more := s.more
		there := slices.ContainsFunc(s.all, func(t reported) bool { return t.Who == who && t.Op == op })
		s.mu.Unlock()
		if there {
			return
		}
		select {
		case <-more:
		case <-timer.C:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.late = fmt.Sprintf("%s of the %s did not come in %v", op, who, limit)
			return
		}
	}
}

// ofBroker adds a step of the broker, if it is about the connection. What the
// goroutine does that offers it is one thread, what a link's reader does another.
func (s *steps) ofBroker(e broker.Event) {
	t := reported{events.Step{Who: "broker", Op: string(e.Op), Link: int(e.Link)}, e.Correlation}
	switch e.Op {
	case broker.OpBegin, broker.OpSendOffer, broker.OpOfferWritten, broker.OpSendFallback, broker.OpProxy, broker.OpEndConn:
		t.Thread = "offering"
	case broker.OpSettle:
		t.Thread, t.Failed = "offering", e.Err != nil
	case broker.OpAcknowledge:
		t.Thread, t.Failed = fmt.Sprintf("link%d", e.Link), e.Err != nil
	case broker.OpReadAck, broker.OpSendCommit, broker.OpCloseCopy, broker.OpReadNack, broker.OpAbandon, broker.OpReadClock,
		broker.OpDrain, broker.OpExpire, broker.OpFence, broker.OpSendRevoke, broker.OpReadReleased:
		t.Thread = fmt.Sprintf("link%d", e.Link)
	default:
		return
	}
	s.add(t)
}

// ofBackend adds a step of the backend on a link, by the broker's number of it.
// What its reader reads is one thread, what follows from that another.
func (s *steps) ofBackend(link int, e backend.Event) {
	t := reported{events.Step{Who: "backend", Op: string(e.Op), Link: link}, e.Correlation}
	switch e.Op {
	case backend.OpReadOffer, backend.OpReadCommit, backend.OpReadRevoke:
		t.Thread = fmt.Sprintf("reader%d", link)
	case backend.OpSendAck, backend.OpReadClock, backend.OpOwn, backend.OpUncertain, backend.OpSendReady, backend.OpServe,
		backend.OpCloseCopy, backend.OpSendNack, backend.OpSendReleased:
		t.Thread = fmt.Sprintf("backend%d", link)
	default:
		return
	}
	s.add(t)
}

// ofClient adds a step in which the client learns how it ends.
func (s *steps) ofClient(e client.Event) {
	switch e.Op {
	case client.OpReadReady, client.OpReadFallback, client.OpDoubt:
		s.add(reported{events.Step{Thread: "client", Who: "client", Op: string(e.Op)}, 0})
	}
}

// recorded returns the steps, with the numbers of their attempts. A reading of a
// backend's clock after which it was uncertain has failed.
func (s *steps) recorded() ([]events.Step, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late != "" {
		return nil, fmt.Errorf("%s; there was: %v", s.late, s.all)
	}
	var all []events.Step
	for _, t := range s.all {
		t.Attempt = s.attempts[t.correlation]
		if t.Who == "backend" && t.Op == string(backend.OpReadClock) {
			t.Failed = slices.ContainsFunc(s.all, func(u reported) bool { return u.Op == string(backend.OpUncertain) && u.correlation == t.correlation })
		}
		if t.Op != string(backend.OpUncertain) {
			all = append(all, t.Step)
		}
	}
	return all, nil
}
