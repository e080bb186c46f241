package registry

import "github.com/handoff-go/handoff/fsm"

// Close ends the registry: it abandons every pending handoff, returns them, and
// revokes every token. From its first step on, calls return [ErrClosed], or as if
// the registry were empty; Stats, Len, Tokens and Backend still report what Close
// has not ended yet. A second Close returns nil at once, even while the first is
// running.
//
// Like ExpireOverdue it is a sequence of atomic steps, one for each record.
func (r *Registry) Close() []Abandoned {
	s := step{op: OpClose}
	r.mu.Lock()
	if r.closed {
		s.err = ErrClosed
		r.unlock(&s)
		return nil
	}
	r.closed = true
	close(r.closing)
	defer r.abandonRest()
	r.unlock(&s)
	return r.abandonAll()
}

// abandonAll ends every record of a closed registry and returns the handoffs that
// were pending.
func (r *Registry) abandonAll() (all []Abandoned) {
	for size := minBatch; ; size = min(2*size, maxBatch) {
		r.mu.Lock()
		batch := r.abandonLocked(size)
		r.unlockAll(batch)
		for i := range batch {
			if batch[i].state == fsm.Abandoned {
				all = append(all, Abandoned{Token: batch[i].token, Backend: batch[i].backend})
			}
		}
		if len(batch) < size {
			return all
		}
	}
}

// abandonRest ends what a callback that failed kept Close from ending: a second
// Close does nothing, so nobody else could. It takes all steps before it reports the
// first, so that another callback that fails cannot keep a record from ending.
func (r *Registry) abandonRest() {
	var rest []step
	for size := maxBatch; size == maxBatch; {
		r.mu.Lock()
		batch := r.abandonLocked(maxBatch)
		r.numberAndUnlock(batch)
		rest = append(rest, batch...)
		size = len(batch)
	}
	r.reportAll(rest)
}

// abandonLocked ends as many records as size, the smallest end first.
func (r *Registry) abandonLocked(size int) []step {
	batch := make([]step, 0, min(size, r.stats.Tokens)) // nothing to allocate where nothing is left
	for id, rec := r.records.First(); rec != nil && len(batch) < size; id, rec = r.records.First() {
		batch = append(batch, step{op: OpAbandon})
		r.endLocked(&batch[len(batch)-1], id, rec, fsm.Abandon)
	}
	return batch
}
