package broker

import "github.com/handoff-go/handoff/registry"

// Stats are the counts of a broker. They are read one after the other, so a sum over several fields
// is exact only while nothing happens; within Descriptors, and within Registry, it always is.
type Stats struct {
	Registry    registry.Stats // of all handoffs
	Adopted     uint64         // connections that became Adopted
	Fenced      uint64         // connections that became Fenced
	Fallback    uint64         // connections that became Fallback
	Proxied     uint64         // connections that became Proxied
	Closed      uint64         // connections that became Closed
	InFlight    int            // connections that are undecided
	Waiting     int            // clients that have not sent their first bytes
	Links       int            // links of backends, handshakes included
	Descriptors Descriptors
}

// Descriptors counts the descriptors of connections: Opened = Closed + Adopted + Open.
type Descriptors struct {
	Opened  uint64 // accepted from clients, taken by Handoff, or received over a link
	Closed  uint64 // closed by the broker
	Adopted uint64 // given back to the caller of Handoff
	Open    int    // open now
}

// Stats returns the current counts.
func (b *Broker) Stats() Stats {
	s := Stats{
		Adopted:  b.outcomes[Adopted].Load(),
		Fenced:   b.outcomes[Fenced].Load(),
		Fallback: b.outcomes[Fallback].Load(),
		Proxied:  b.outcomes[Proxied].Load(),
		Closed:   b.outcomes[Closed].Load(),
		InFlight: int(b.inFlight.Load()),
		Waiting:  int(b.waiting.Load()),
		Links:    int(b.linked.Load()),
	}
	for _, r := range b.registries {
		s.Registry = sum(s.Registry, r.Stats())
	}
	s.Descriptors = Descriptors(b.ledger.Stats())
	return s
}

func sum(a, b registry.Stats) registry.Stats {
	return registry.Stats{
		Issued:       a.Issued + b.Issued,
		Revoked:      a.Revoked + b.Revoked,
		Registered:   a.Registered + b.Registered,
		Acknowledged: a.Acknowledged + b.Acknowledged,
		Expired:      a.Expired + b.Expired,
		Abandoned:    a.Abandoned + b.Abandoned,
		Pending:      a.Pending + b.Pending,
		Tokens:       a.Tokens + b.Tokens,
	}
}
