package broker

import (
	"time"

	"github.com/handoff-go/handoff/registry"
)

// attemptTable holds the attempts of one link, by correlation id: those that are pending, so not
// decided, and those that are decided but unsettled, because their holder has not closed its copy.
// It is guarded by the lock of its link.
type attemptTable struct {
	pending   map[uint64]*attempt
	unsettled map[uint64]*attempt
}

func newAttemptTable() attemptTable {
	return attemptTable{pending: map[uint64]*attempt{}, unsettled: map[uint64]*attempt{}}
}

func (t *attemptTable) add(a *attempt) { t.pending[a.correlation] = a }

// claim removes a pending attempt and returns it; nil: it is not there, or has another token. A
// correlation id alone must not do: ids can be guessed, and an ACK for a guessed one would take a
// connection that its backend was never offered.
func (t *attemptTable) claim(correlation uint64, token registry.Token) *attempt {
	return remove(t.pending, correlation, token)
}

// claimIf claims all pending attempts for which f holds.
func (t *attemptTable) claimIf(f func(*attempt) bool) []*attempt {
	var claimed []*attempt
	for correlation, a := range t.pending {
		if f(a) {
			delete(t.pending, correlation)
			claimed = append(claimed, a)
		}
	}
	return claimed
}

// unsettleDue claims the pending attempts that are due, and notes in the same step that their holders
// have a copy still. Between two steps the link of a stuck backend would have nothing pending and
// nothing unsettled, and be offered another connection.
func (t *attemptTable) unsettleDue(clock int64, now time.Time) []*attempt {
	due := t.claimIf(func(a *attempt) bool { return a.due(clock, now) })
	for _, a := range due {
		t.unsettle(a)
	}
	return due
}

// forget removes an unsettled attempt for which nobody waits: its connection is fenced.
func (t *attemptTable) forget(a *attempt) { delete(t.unsettled, a.correlation) }

// unsettle notes that the holder of a claimed attempt has a copy of the connection still.
func (t *attemptTable) unsettle(a *attempt) {
	a.settled, a.settledTraced = make(chan struct{}), make(chan struct{})
	t.unsettled[a.correlation] = a
}

// settle removes an unsettled attempt and returns it, as claim does: its holder has closed its
// copy. The caller traces how it knows, and then closes settledTraced.
func (t *attemptTable) settle(correlation uint64, token registry.Token) *attempt {
	a := remove(t.unsettled, correlation, token)
	if a != nil {
		close(a.settled)
	}
	return a
}

// settleAll settles all unsettled attempts. The caller has traced how it knows.
func (t *attemptTable) settleAll() {
	for correlation, a := range t.unsettled {
		delete(t.unsettled, correlation)
		close(a.settled)
		close(a.settledTraced)
	}
}

func remove(from map[uint64]*attempt, correlation uint64, token registry.Token) *attempt {
	a := from[correlation]
	if a == nil || !a.token.Equal(token) {
		return nil
	}
	delete(from, correlation)
	return a
}

// isEmpty reports whether the backend has no copy that the broker knows of, but for those that it
// owns.
func (t *attemptTable) isEmpty() bool { return len(t.pending) == 0 && len(t.unsettled) == 0 }

// isPending reports whether a is not claimed yet.
func (t *attemptTable) isPending(a *attempt) bool { return t.pending[a.correlation] == a }

// anyDue reports whether a pending attempt is due.
func (t *attemptTable) anyDue(clock int64, now time.Time) bool {
	for _, a := range t.pending {
		if a.due(clock, now) {
			return true
		}
	}
	return false
}

// earliest returns the first deadline of a pending attempt, or other if that is sooner. A zero time
// is never.
func (t *attemptTable) earliest(other time.Time) time.Time {
	for _, a := range t.pending {
		if other.IsZero() || a.deadline.Before(other) {
			other = a.deadline
		}
	}
	return other
}
