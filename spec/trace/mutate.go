package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/handoff-go/handoff/spec/trace/events"
)

// The kinds of change that make a mutant of a trace.
const (
	swapped    = "swap"      // an event changes places with the next one
	dropped    = "drop"      // an event is left out
	duplicated = "duplicate" // an event comes twice
	altered    = "answer"    // an event has another answer, or a handoff came to another state
	shifted    = "time"      // an event is handed another time, or tells another end
)

// kinds are in the order in which mutants are made: the last gives as many as are asked for.
func kinds() []string { return []string{swapped, dropped, duplicated, shifted, altered} }

// mutant is an edited trace, and what the model says of it.
type mutant struct {
	trace, edit int // numbers in the batch, as TLA+ counts them
	kind        string
	name        string
	steps       int    // the model takes so many events
	problem     string // with the next one; empty: it takes them all
}

func (m *mutant) legal() bool { return m.problem == "" }

// addMutants adds edits to the traces until there are so many that the model refuses,
// of each kind the same number if the traces give that many, and at most half as
// many that it takes. It returns how many the model refuses.
func addMutants(r *rand.Rand, all []recorded, illegal int) int {
	made := 0
	for k, kind := range kinds() { // what one kind does not give, the next ones make up for
		made += addMutantsOf(r, all, kind, illegal*(k+1)/len(kinds())-made)
	}
	return made
}

// addMutantsOf is addMutants for one kind.
func addMutantsOf(r *rand.Rand, all []recorded, kind string, want int) int {
	refused, taken := 0, 0
	for try := 0; refused < want && try < 20*want+200; try++ {
		t := &all[r.IntN(len(all))]
		if len(t.Events) == 0 {
			continue
		}
		e, ok := mutate(r, kind, t.Trace)
		if !ok || slices.ContainsFunc(t.edits, e.same) {
			continue
		}
		edited := t.Trace
		edited.Events = e.apply(t.Events)
		if _, problem := events.Judge(edited); problem != "" {
			refused++
		} else if taken++; taken > (want+1)/2 {
			continue
		}
		t.edits = append(t.edits, e)
	}
	return refused
}

func (e *edit) same(o edit) bool {
	return e.after == o.after && e.cut == o.cut && slices.Equal(e.put, o.put)
}

// mutate draws one change of a trace. It returns false if nothing changes.
func mutate(r *rand.Rand, kind string, t events.Trace) (edit, bool) {
	i := r.IntN(len(t.Events))
	one := t.Events[i]
	switch kind {
	case swapped:
		if i+1 == len(t.Events) || t.Events[i+1] == one {
			return edit{}, false
		}
		return edit{kind, i, 2, []events.Event{t.Events[i+1], one}}, true
	case dropped:
		return edit{kind, i, 1, nil}, true
	case duplicated:
		return edit{kind, i, 0, []events.Event{one}}, true
	case altered:
		another := alter(r, one)
		return edit{kind, i, 1, []events.Event{another}}, another != one
	default:
		another := shift(r, one, t)
		return edit{kind, i, 1, []events.Event{another}}, another != one
	}
}

// alter gives an event another answer, or lets a handoff come to another state.
func alter(r *rand.Rand, e events.Event) events.Event {
	if r.IntN(3) == 0 {
		states := []string{"", "pending", "acknowledged", "expired", "abandoned"}
		e.State = states[r.IntN(len(states))]
		return e
	}
	answers := []string{events.OK, "ErrNotPending", "ErrAlreadyPending", "ErrTokenNotLive", "ErrTokenExpired",
		"ErrTokenMismatch", "ErrFull", "ErrCollision", "ErrClosed", "DeadlineError"}
	e.Answer = answers[r.IntN(len(answers))]
	return e
}

// shift hands an event another time, aimed at the end that it tells, or moves
// that end.
func shift(r *rand.Rand, e events.Event, t events.Trace) events.Event {
	by := []events.Instant{-1, 1}[r.IntN(2)]
	switch {
	case e.End != events.None && r.IntN(3) == 0:
		e.End += by
	case e.Now == events.None:
	case e.End != events.None && r.IntN(2) == 0:
		e.Now = e.End + events.Instant(r.IntN(3)-1)
	case r.IntN(2) == 0 && t.AckDeadline < events.Endless:
		e.Now += by * events.Instant(t.AckDeadline)
	default:
		e.Now += by
	}
	return e
}

// mutants judges the edits of a batch by the model.
func (b batch) mutants() []mutant {
	var all []mutant
	for i, t := range b {
		for k, e := range t.edits {
			edited := t.Trace
			edited.Events = e.apply(t.Events)
			steps, problem := events.Judge(edited)
			all = append(all, mutant{trace: i + 1, edit: k + 1, kind: e.kind, steps: steps, problem: problem,
				name: fmt.Sprintf("%s after event %d of trace %s", e.kind, e.after, t.Name)})
		}
	}
	return all
}
