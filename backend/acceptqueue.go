package backend

// acceptQueue brings offers and Accepts together, each first come, first served. While an
// Accept waits there is nothing for it to take: no offer is queued, and none is owned. The
// zero acceptQueue is empty. Listener.mu guards it.
type acceptQueue struct {
	offers  []*offer      // without an ACK
	owned   []*offer      // owned by a commit, when no Accept was waiting
	waiters []chan *offer // Accepts that wait
}

// full reports whether there are limit offers, which wait for an Accept.
func (q *acceptQueue) full(limit int) bool { return len(q.offers) >= limit }

// pushOffer queues an offer behind the others.
func (q *acceptQueue) pushOffer(o *offer) { q.offers = append(q.offers, o) }

// popOffer takes the oldest offer; nil: there is none.
func (q *acceptQueue) popOffer() *offer { return pop(&q.offers) }

// removeOffer takes an offer out of the queue, if it is there.
func (q *acceptQueue) removeOffer(gone *offer) {
	for i, o := range q.offers {
		if o == gone {
			q.offers = append(q.offers[:i], q.offers[i+1:]...)
			return
		}
	}
}

// clearOffers forgets every offer.
func (q *acceptQueue) clearOffers() { q.offers = nil }

// pushOwned keeps a connection for the next Accept.
func (q *acceptQueue) pushOwned(o *offer) { q.owned = append(q.owned, o) }

// popOwned takes the connection that was owned first; nil: there is none.
func (q *acceptQueue) popOwned() *offer { return pop(&q.owned) }

// takeOwned takes all connections.
func (q *acceptQueue) takeOwned() []*offer {
	all := q.owned
	q.owned = nil
	return all
}

// wait adds an Accept. Exactly one value is sent to it, by the goroutine that takes it out
// of the queue: a connection that is owned, or nil, which has it look again.
func (q *acceptQueue) wait() <-chan *offer {
	c := make(chan *offer, 1)
	q.waiters = append(q.waiters, c)
	return c
}

// popWaiter takes the Accept that has waited longest; nil: none waits. The caller must send
// to it.
func (q *acceptQueue) popWaiter() chan<- *offer { return pop(&q.waiters) }

// takeWaiters takes all Accepts. The caller must send to each.
func (q *acceptQueue) takeWaiters() []chan *offer {
	all := q.waiters
	q.waiters = nil
	return all
}

// pop takes the first of a queue, and leaves nothing of it behind for the garbage
// collector. It returns the zero T if the queue is empty.
func pop[T any](queue *[]T) (first T) {
	if len(*queue) == 0 {
		return first
	}
	var none T
	first, (*queue)[0] = (*queue)[0], none
	*queue = (*queue)[1:]
	return first
}
