package demo

import (
	"fmt"
	"strings"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// LedgerError lists everything that is not as it must be.
type LedgerError struct{ Differences []string }

// Error implements error.
func (e *LedgerError) Error() string {
	return "the ledger does not hold:\n  " + strings.Join(e.Differences, "\n  ")
}

// Check returns a *LedgerError unless every count agrees with every other one.
func (l *Ledger) Check() error {
	var c checker
	c.clients(l)
	c.conservation(l)
	c.connections(l)
	c.classes(l)
	c.resources(l)
	if len(c.differences) > 0 {
		return &LedgerError{Differences: c.differences}
	}
	return nil
}

type checker struct{ differences []string }

func (c *checker) complain(format string, args ...any) {
	c.differences = append(c.differences, fmt.Sprintf(format, args...))
}

// equal compares two counts that are one.
func (c *checker) equal(got int, gotName string, want int, wantName string) {
	if got != want {
		c.complain("%s: %d, but %s: %d", gotName, got, wantName, want)
	}
}

// atMost compares a count with its bound.
func (c *checker) atMost(got int, gotName string, most int, mostName string) {
	if got > most {
		c.complain("%s: %d, but at most %s: %d", gotName, got, mostName, most)
	}
}

// none says that there must be none.
func (c *checker) none(got int, name string) { c.equal(got, name, 0, "none may be") }

func (c *checker) clients(l *Ledger) {
	t := l.Clients
	c.none(t.Lost, "clients lost")
	c.equal(t.Answered, "clients answered", l.Config.Connections, "clients")
	c.equal(len(t.FirstTry)+len(t.Again), "latencies taken", t.Answered, "clients answered")
	c.equal(len(t.Again), "latencies with a reconnect", t.Reconnected, "clients reconnected")
	c.equal(t.Opened, "connections opened by clients", t.Answered+t.Broken, "answers and broken attempts")
	c.atMost(t.Reconnected, "clients reconnected", t.Broken+t.FellBack, "connections that were no good")
	c.differences = append(c.differences, t.Problems...)
}

// conservation is about handoffs.
func (c *checker) conservation(l *Ledger) {
	s, own := l.Broker.Stats, l.Broker.All()
	acknowledged, expired, abandoned := int(s.Acknowledged), int(s.Expired), int(s.Abandoned)
	c.equal(int(s.Registered), "registered", acknowledged+expired+abandoned, "acknowledged + expired + abandoned")
	c.none(s.Pending, "still pending")
	c.none(s.Tokens, "tokens still live")
	c.equal(int(s.Issued), "tokens issued", int(s.Revoked), "tokens revoked")
	c.equal(acknowledged, "acknowledged in the registry", own.Acknowledged, "seen to leave so")
	c.equal(expired, "expired in the registry", own.Expired, "seen to leave so")
	c.equal(abandoned, "abandoned in the registry", own.Abandoned, "seen to leave so")
	c.equal(int(s.Registered), "registered", own.Offers+own.Unsent, "offers that outcomes report, and unsent ones")
	c.equal(acknowledged, "acknowledged", own.Adopted, "connections adopted")
}

// connections is about what became of them, by the broker and by the clients.
func (c *checker) connections(l *Ledger) {
	r, t, all := l.Broker, l.Clients, l.Broker.All()
	c.equal(r.Accepted, "accepted", t.Opened, "connections opened by clients")
	c.equal(all.Kinds.Sum(), "outcomes", t.Opened, "connections opened by clients")
	c.equal(all.Adopted+all.Fallback+all.Proxied, "adopted + fallback + proxied", t.Answered, "clients answered")
	c.equal(all.Closed+all.Fenced, "closed + fenced", t.Broken, "attempts that broke for clients")
	c.equal(all.Fallback, "fallback", t.FellBack, "connections that clients saw fall back")
	adopted, direct := 0, 0
	for backend, n := range r.Answers {
		adopted += n
		c.equal(n, "acknowledged by "+backend, t.By[backend], "answers from it")
	}
	for backend, n := range r.Direct {
		direct += n
		c.equal(n, "served directly by "+backend, t.Direct[backend], "direct answers from it")
	}
	c.equal(adopted, "acknowledged by backends", int(r.Stats.Acknowledged), "acknowledged")
	c.equal(direct, "served directly", all.Fallback+all.Proxied, "fallback + proxied")
}

func (c *checker) classes(l *Ledger) {
	p := plan.New(l.Config.Seed, l.Config.Connections, l.Config.Faults)
	planned, endings, r := p.Counts(), endings(p), l.Broker
	for class, row := range r.First {
		name := plan.Class(class).String()
		c.equal(row.Kinds.Sum(), "first attempts of class "+name, planned[class], "planned")
		c.equal(row.Offered().Sum(), name+": handoffs offered", row.Offers, "offers that outcomes report")
		if plan.Class(class) == plan.OK {
			continue
		}
		c.none(row.Acknowledged, name+", yet acknowledged")
		c.atMost(row.Missing, name+": offers not made", r.All().Fenced+r.Stuck, "fenced or stuck")
		want := endings[class]
		c.atMost(row.Fallback, name+": fallback", want.Fallback, "planned")
		c.atMost(row.Proxied, name+": proxied", want.Proxied, "planned")
		c.atMost(row.Closed, name+": closed", want.Closed, "planned")
	}
	ok, slow, never, kill := r.First[plan.OK], r.First[plan.Slow], r.First[plan.Never], r.First[plan.Kill]
	c.none(slow.Offered().Abandoned, "slow, yet abandoned")
	c.none(never.Offered().Abandoned, "never acknowledged, yet abandoned")
	c.equal(ok.Offered().Abandoned+r.Retries.Offered().Abandoned, "ok, yet abandoned", r.NACKs, "rejected by backends")
	c.atMost(ok.Fenced+ok.Fallback+ok.Closed, "ok, yet not adopted", l.Strays(), "strays")
	c.none(ok.Proxied+r.Retries.Proxied, "ok, yet proxied")
	c.equal(r.Killed, "backends killed", kill.Offered().Sum(), "offers to them")
	c.atMost(slow.Expired, "late ACKs of class slow", r.LateACKs, "late ACKs read")
	c.atMost(r.LateACKs, "late ACKs read", slow.Expired+l.Strays(), "late ACKs planned, and strays")
}

// endings returns what becomes of the connections of each class that spoils all offers.
func endings(p plan.Plan) (counts [plan.Classes]Kinds) {
	for id := range p.Len() {
		first := request{connection: uint32(id), attempt: 1}
		kinds := &counts[p.Class(first.connection, first.attempt)]
		switch {
		case first.explicit():
			kinds.Fallback++
		case first.proxied(p):
			kinds.Proxied++
		default:
			kinds.Closed++
		}
	}
	return counts
}

func (c *checker) resources(l *Ledger) {
	r := l.Broker
	c.none(r.Rejected, "connections rejected")
	c.balanced("broker", r.Descriptors)
	c.balanced("backends", r.Backends)
	c.equal(int(r.Descriptors.Opened), "descriptors opened by the broker", r.Accepted, "accepted")
	c.none(int(r.Descriptors.Adopted), "descriptors given away by the broker")
	received := r.All().Offered().Sum() - r.First[plan.Kill].Offered().Sum()
	c.equal(int(r.Backends.Opened), "descriptors received by backends that lived", received, "offers to them")
	c.equal(int(r.Backends.Adopted), "descriptors adopted by backends", int(r.Stats.Acknowledged), "acknowledged")
	for _, name := range r.Opened {
		c.complain("the broker still has a descriptor: %s", name)
	}
	for _, name := range r.Closed {
		c.complain("the broker has lost a descriptor: %s", name)
	}
	c.differences = append(c.differences, r.Problems...)
}

// balanced checks an account of descriptors.
func (c *checker) balanced(who string, d broker.Descriptors) {
	c.equal(int(d.Opened), who+": descriptors opened", int(d.Closed)+int(d.Adopted)+d.Open, "closed + adopted + open")
	c.none(d.Open, who+": descriptors still open")
}
