package broker

import "github.com/handoff-go/handoff/registry"

// Stats are the counts of a broker. They are taken one after the other, so sums over
// several fields are exact at rest only; within Descriptors and Registry they always
// are.
type Stats struct {
	Registry    registry.Stats // the sum of all deadlines' registries
	Adopted     uint64         // connections whose Kind that was
	Fenced      uint64         // the same
	Fallback    uint64         // the same
	Proxied     uint64         // the same
	Closed      uint64         // the same
	InFlight    int            // connections on their way
	Waiting     int            // clients whose first bytes are not in
	Links       int            // backends that are linked or shaking hands
	Descriptors Descriptors
}

// Descriptors counts the descriptors of connections: Opened = Closed + Adopted + Open.
type Descriptors struct {
	Opened  uint64 // accepted from clients, taken by Handoff, or received over a link
	Closed  uint64 // closed by the broker
	Adopted uint64 // given back to the caller of Handoff
	Open    int    // held now
}

// Stats returns the counts of now.
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
