package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
	"github.com/handoff-go/handoff/registry"
)

// Ledger is all that a run counted, by three parties that do not share a
// counter: the registry, the broker, and the clients. It is a plain value.
type Ledger struct {
	Config  Config
	Broker  Report
	Clients Tally
	Took    time.Duration
}

// Outcomes counts handoffs by how they left.
type Outcomes struct{ Acknowledged, Expired, Abandoned int }

// Sum returns how many left.
func (o Outcomes) Sum() int { return o.Acknowledged + o.Expired + o.Abandoned }

func (o Outcomes) plus(p Outcomes) Outcomes {
	return Outcomes{o.Acknowledged + p.Acknowledged, o.Expired + p.Expired, o.Abandoned + p.Abandoned}
}

// Report is the broker's side of the ledger.
type Report struct {
	Stats       registry.Stats         // the registry's own count, after Close
	First       [plan.Classes]Outcomes // the broker's count of first attempts, by class
	Retries     Outcomes               // the broker's count of all other attempts
	Committed   map[string]int         // commits by backend
	LateRefused int                    // ACKs that the registry refused
	LateEnds    int                    // handoffs that had expired when the death of their backend was seen
	Accepted    int                    // connections accepted
	Rejected    int                    // connections ended before they were begun
	Killed      int                    // backends that were seen to die by SIGKILL
	Opened      []string               // descriptors open at the end and not at the start
	Closed      []string               // descriptors open at the start and not at the end
	Descriptors int                    // how many were open at the start
	Problems    []string               // what should not happen and did
}

// Outcomes returns the broker's own count of all attempts.
func (r Report) Outcomes() Outcomes {
	sum := r.Retries
	for _, o := range r.First {
		sum = sum.plus(o)
	}
	return sum
}

// Tally is the clients' side of the ledger.
type Tally struct {
	Opened      int            // connections that the clients opened
	Broken      int            // attempts that ended without an answer
	Answered    int            // clients with a whole, byte-checked answer from one backend
	Reconnected int            // clients that needed more than one attempt
	Lost        int            // clients without an answer
	By          map[string]int // answers by backend
	FirstTry    []time.Duration
	Again       []time.Duration // the latencies of those that reconnected
	Problems    []string
}

// LedgerError lists everything that is not as it must be.
type LedgerError struct{ Differences []string }

// Error implements error.
func (e *LedgerError) Error() string {
	return "the ledger does not hold:\n  " + strings.Join(e.Differences, "\n  ")
}

// Strays returns how many handoffs expired although their class does not: an ACK
// or a death took longer than the deadline, because the machine was busy. The
// client reconnects, as always, so a stray is worth a remark and is no error;
// Check demands that the late ACK or death was seen.
func (l *Ledger) Strays() int {
	first := l.Broker.First
	return first[plan.OK].Expired + first[plan.Kill].Expired + l.Broker.Retries.Expired
}

// Check returns a *LedgerError unless every count agrees with every other one.
func (l *Ledger) Check() error {
	var c checker
	c.clients(l)
	c.conservation(l)
	c.classes(l)
	c.resources(l)
	if len(c.differences) > 0 {
		return &LedgerError{Differences: c.differences}
	}
	return nil
}

type checker struct{ differences []string }

// equal compares two counts that are one.
func (c *checker) equal(got int, gotName string, want int, wantName string) {
	if got != want {
		c.differences = append(c.differences, fmt.Sprintf("%s: %d, but %s: %d", gotName, got, wantName, want))
	}
}

func (c *checker) clients(l *Ledger) {
	t := l.Clients
	c.equal(t.Lost, "clients lost", 0, "none may be")
	c.equal(t.Answered, "clients answered", l.Config.Connections, "clients")
	c.equal(len(t.FirstTry)+len(t.Again), "latencies taken", t.Answered, "clients answered")
	c.equal(len(t.Again), "latencies with a reconnect", t.Reconnected, "clients reconnected")
	c.equal(t.Opened, "connections opened by clients", t.Answered+t.Broken, "answers and broken attempts")
	c.differences = append(c.differences, t.Problems...)
}

func (c *checker) conservation(l *Ledger) {
	s, own, t := l.Broker.Stats, l.Broker.Outcomes(), l.Clients
	acknowledged, expired, abandoned := int(s.Acknowledged), int(s.Expired), int(s.Abandoned)
	c.equal(int(s.Registered), "registered", acknowledged+expired+abandoned, "acknowledged + expired + abandoned")
	c.equal(s.Pending, "still pending", 0, "none may be")
	c.equal(s.Tokens, "tokens still live", 0, "none may be")
	c.equal(int(s.Issued), "tokens issued", int(s.Revoked), "tokens revoked")
	c.equal(acknowledged, "acknowledged in the registry", own.Acknowledged, "seen to leave so")
	c.equal(expired, "expired in the registry", own.Expired, "seen to leave so")
	c.equal(abandoned, "abandoned in the registry", own.Abandoned, "seen to leave so")
	c.equal(int(s.Registered), "registered", t.Opened, "connections opened by clients")
	c.equal(l.Broker.Accepted, "accepted", t.Opened, "connections opened by clients")
	c.equal(acknowledged, "acknowledged", t.Answered, "clients answered")
	c.equal(expired+abandoned, "expired + abandoned", t.Broken, "attempts that broke for clients")
	committed := 0
	for backend, n := range l.Broker.Committed {
		committed += n
		c.equal(n, "commits to "+backend, t.By[backend], "answers from it")
	}
	c.equal(committed, "commits", acknowledged, "acknowledged")
}

func (c *checker) classes(l *Ledger) {
	planned := plan.New(l.Config.Seed, l.Config.Connections, l.Config.Faults).Counts()
	first := l.Broker.First
	for class, o := range first {
		c.equal(o.Sum(), fmt.Sprintf("first attempts of class %v", plan.Class(class)), planned[class], "planned")
	}
	c.equal(first[plan.OK].Abandoned, "ok, yet abandoned", 0, "none may be")
	c.equal(first[plan.Slow].Acknowledged, "slow, yet acknowledged", 0, "none may be")
	c.equal(first[plan.Slow].Abandoned, "slow, yet abandoned", 0, "none may be")
	c.equal(first[plan.Never].Acknowledged, "never acknowledged, yet acknowledged", 0, "none may be")
	c.equal(first[plan.Never].Abandoned, "never acknowledged, yet abandoned", 0, "none may be")
	c.equal(first[plan.Kill].Acknowledged, "killed, yet acknowledged", 0, "none may be")
	c.equal(l.Broker.Retries.Abandoned, "retries abandoned", 0, "none may be")
	c.equal(l.Broker.Killed, "backends killed", planned[plan.Kill], "planned")
	// No stray without a proof: an ACK or a death that was seen, and too late.
	late := planned[plan.Slow] + first[plan.OK].Expired + l.Broker.Retries.Expired
	c.equal(l.Broker.LateRefused, "late ACKs refused", late, "late ACKs sent")
	c.equal(first[plan.Kill].Expired, "killed, yet expired", l.Broker.LateEnds, "deaths seen too late")
}

func (c *checker) resources(l *Ledger) {
	c.equal(l.Broker.Rejected, "connections rejected", 0, "none may be")
	for _, name := range l.Broker.Opened {
		c.differences = append(c.differences, "the broker still has a descriptor: "+name)
	}
	for _, name := range l.Broker.Closed {
		c.differences = append(c.differences, "the broker has lost a descriptor: "+name)
	}
	c.differences = append(c.differences, l.Broker.Problems...)
}
