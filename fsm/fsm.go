// Package fsm is the life of one handoff: its states, its events, and which
// event leads where.
//
// A handoff begins [Pending] and leaves that state once, by [Acknowledge],
// [Expire] or [Abandon]. The three states it can end in have no way out, so a
// handoff that has an outcome keeps it.
//
// The transitions are written once, as event descriptions of
// [github.com/looplab/fsm], and compiled at package initialisation to a table
// that [State.Next] reads. The same descriptions make the machine that [Machine]
// returns: the tests compare the table with it, and it draws the diagrams.
//
// The package stores no handoffs: a caller keeps the [State] of each and replaces
// it by what Next returns.
package fsm

import "strconv"

// State is where a handoff is in its life. The zero State is invalid on purpose,
// so that a record that was never initialised is not a pending handoff. States are
// plain values: copy and compare them freely, from any goroutine.
type State uint8

// The states of a handoff. All but Pending are terminal.
const (
	Pending      State = iota + 1 // passed to a backend that has not answered yet
	Acknowledged                  // the backend acknowledged before the deadline
	Expired                       // the deadline came first
	Abandoned                     // given up by the broker, before or after the deadline
)

// Event is what may happen to a handoff. The zero Event is invalid on purpose.
// Events are plain values: copy and compare them freely, from any goroutine.
type Event uint8

// The events of a handoff.
const (
	Acknowledge Event = iota + 1 // the backend acknowledges before the deadline
	Expire                       // the deadline is reached
	Abandon                      // the broker gives up
)

// States returns every valid state in the order of their values, in a new slice.
func States() []State { return []State{Pending, Acknowledged, Expired, Abandoned} }

// Events returns every valid event in the order of their values, in a new slice.
func Events() []Event { return []Event{Acknowledge, Expire, Abandon} }

// Next returns the state that e leads to from s. When e is forbidden in s, or
// either of them is invalid, it returns s itself and a [*TransitionError]. Next
// allocates nothing unless it fails, and is safe for concurrent use.
func (s State) Next(e Event) (State, error) {
	if s.valid() && int(e) < len(table[s]) {
		if next := table[s][e]; next != 0 {
			return next, nil
		}
	}
	return s, &TransitionError{State: s, Event: e}
}

// Terminal reports whether s is a valid state that no event leads out of. It is
// false for an invalid state.
func (s State) Terminal() bool { return s.valid() && table[s] == row{} }

// String returns the state's name in lower case, or State(n) for an invalid one.
func (s State) String() string {
	switch s {
	case Pending:
		return "pending"
	case Acknowledged:
		return "acknowledged"
	case Expired:
		return "expired"
	case Abandoned:
		return "abandoned"
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// String returns the event's name in lower case, or Event(n) for an invalid one.
func (e Event) String() string {
	switch e {
	case Acknowledge:
		return "acknowledge"
	case Expire:
		return "expire"
	case Abandon:
		return "abandon"
	}
	return "Event(" + strconv.Itoa(int(e)) + ")"
}

func (s State) valid() bool { return Pending <= s && s <= Abandoned }
func (e Event) valid() bool { return Acknowledge <= e && e <= Abandon }

// TransitionError says that an event cannot happen in a state: it is forbidden
// there, or one of the two is invalid. [State.Next] returns it as a
// pointer. The zero value describes the zero State and the zero Event, which are
// both invalid.
type TransitionError struct {
	State State // the state of the handoff, unchanged
	Event Event // the event that was refused
}

// Error names the event and the state, and says which of them is invalid if one is.
func (e *TransitionError) Error() string {
	switch {
	case !e.State.valid():
		return "fsm: event " + e.Event.String() + " in invalid state " + e.State.String()
	case !e.Event.valid():
		return "fsm: invalid event " + e.Event.String() + " in state " + e.State.String()
	}
	return "fsm: event " + e.Event.String() + " is forbidden in state " + e.State.String()
}
