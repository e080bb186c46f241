package backend

// Stats are the counts of a listener since Listen. All are of one instant, except
// Descriptors, which are of another.
type Stats struct {
	Offers      uint64      // offers read
	Owned       uint64      // connections that this backend became the owner of
	Rejected    uint64      // offers answered with a NACK
	Revoked     uint64      // offers for which a revoke was read
	Lost        uint64      // offers that ended with their link
	Links       uint64      // handshakes that ended with a welcome
	Queued      int         // offers that wait for an Accept
	Waiting     int         // Accepts that wait for an offer
	Undecided   int         // offers whose ACK is being written, or has no answer yet
	Descriptors Descriptors // received from the broker
}

// Descriptors counts the descriptors that were received: Opened = Closed + Adopted + Open.
type Descriptors struct {
	Opened  uint64 // received
	Closed  uint64 // closed without being owned
	Adopted uint64 // made a connection that this backend owns
	Open    int    // neither yet
}

type counts struct{ offers, owned, rejected, revoked, lost, links uint64 }

// Stats returns the current counts.
func (ln *Listener) Stats() Stats {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	s := Stats{
		Offers:      ln.counts.offers,
		Owned:       ln.counts.owned,
		Rejected:    ln.counts.rejected,
		Revoked:     ln.counts.revoked,
		Lost:        ln.counts.lost,
		Links:       ln.counts.links,
		Queued:      len(ln.accepts.offers),
		Waiting:     len(ln.accepts.waiters),
		Descriptors: Descriptors(ln.ledger.Stats()),
	}
	if ln.link != nil {
		for _, o := range ln.link.offers {
			if o.phase.beingAcked() || o.phase == uncertain {
				s.Undecided++
			}
		}
	}
	return s
}

// count lets f change the counts, under the lock.
func (ln *Listener) count(f func(*counts)) {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	f(&ln.counts)
}
