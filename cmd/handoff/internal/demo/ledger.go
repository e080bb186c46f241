package demo

import (
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
)

// Ledger is all that a run counted, by parties that do not share a counter: the
// registry, the broker, the backends, and the clients. It is a plain value.
type Ledger struct {
	Config  Config
	Broker  Report
	Clients Tally
	Took    time.Duration
}

// Outcomes counts handoffs by how they left. One connection may have several.
type Outcomes struct{ Acknowledged, Expired, Abandoned int }

// Sum returns how many left.
func (o Outcomes) Sum() int { return o.Acknowledged + o.Expired + o.Abandoned }

// add counts one that left as s, and returns false if s is no way to leave.
func (o *Outcomes) add(s fsm.State) bool {
	switch s {
	case fsm.Acknowledged:
		o.Acknowledged++
	case fsm.Expired:
		o.Expired++
	case fsm.Abandoned:
		o.Abandoned++
	default:
		return false
	}
	return true
}

// Kinds counts connections by what became of them.
type Kinds struct{ Adopted, Fenced, Fallback, Proxied, Closed int }

// Sum returns how many connections there were.
func (k Kinds) Sum() int { return k.Adopted + k.Fenced + k.Fallback + k.Proxied + k.Closed }

func (k *Kinds) add(kind broker.Kind) {
	switch kind {
	case broker.Adopted:
		k.Adopted++
	case broker.Fenced:
		k.Fenced++
	case broker.Fallback:
		k.Fallback++
	case broker.Proxied:
		k.Proxied++
	case broker.Closed:
		k.Closed++
	}
}

// Row is what became of the connections of one service.
type Row struct {
	Outcomes     // the broker's count of its handoffs
	Kinds        // the broker's count of its connections
	Offers   int // to backends, as the outcomes of connections tell
	Missing  int // offers that connections were not given before they were given up
	Unsent   int // handoffs that were abandoned because the link had just filled up: no byte went
}

// Offered returns the handoffs whose offer reached a backend.
func (r Row) Offered() Outcomes {
	o := r.Outcomes
	o.Abandoned -= r.Unsent
	return o
}

func (r Row) plus(s Row) Row {
	return Row{
		Outcomes: Outcomes{r.Acknowledged + s.Acknowledged, r.Expired + s.Expired, r.Abandoned + s.Abandoned},
		Kinds:    Kinds{r.Adopted + s.Adopted, r.Fenced + s.Fenced, r.Fallback + s.Fallback, r.Proxied + s.Proxied, r.Closed + s.Closed},
		Offers:   r.Offers + s.Offers,
		Missing:  r.Missing + s.Missing,
		Unsent:   r.Unsent + s.Unsent,
	}
}

// Report is the side of the ledger that the broker and its backends keep.
type Report struct {
	Stats    registry.Stats    // the registry's own count, after Close
	First    [plan.Classes]Row // first attempts, by class
	Retries  Row               // all other attempts
	Answers  map[string]int    // acknowledged handoffs by backend
	LateACKs int               // ACKs that counted for nothing
	NACKs    int               // offers that backends rejected
	Stuck    int               // holders that had not let go in time
	Accepted int               // connections accepted
	Rejected int               // connections that wanted nothing of the demo
	Killed   int               // backends that were seen to die by SIGKILL

	Descriptors broker.Descriptors // the broker's own account
	Backends    broker.Descriptors // the sum of what the backends that lived report
	Direct      map[string]int     // requests that each backend served to who came directly

	Before   int      // how many descriptors the broker's process had at the start
	Opened   []string // descriptors open there at the end and not at the start
	Closed   []string // descriptors open there at the start and not at the end
	Problems []string // what should not happen and did
}

// All returns the sum of all rows.
func (r Report) All() Row {
	sum := r.Retries
	for _, row := range r.First {
		sum = sum.plus(row)
	}
	return sum
}

// Tally is the clients' side of the ledger.
type Tally struct {
	Opened      int            // connections that the clients opened to the broker
	Broken      int            // those of them that brought no answer, nor a way to one
	Answered    int            // clients with a whole, byte-checked answer from one backend
	FellBack    int            // connections that the broker answered with fallback
	Reconnected int            // clients that needed a second connection
	Lost        int            // clients without an answer
	By          map[string]int // answers over connections that were handed over, by backend
	Direct      map[string]int // answers over others, by backend
	FirstTry    []time.Duration
	Again       []time.Duration // the latencies of those that reconnected
	Problems    []string
}

// Strays returns how many handoffs ended otherwise than their class says, because the
// machine was busy: an ACK or a death took longer than the deadline, an Accept came
// too late, or a backend did not let go in time. The client reconnects, as always, so
// a stray is worth a remark and is no error.
func (l *Ledger) Strays() int {
	first := l.Broker.First
	return first[plan.OK].Expired + first[plan.Kill].Expired + l.Broker.Retries.Expired +
		l.Broker.All().Fenced + l.Broker.NACKs + l.Broker.Stuck
}
