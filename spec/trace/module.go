package main

import (
	"fmt"
	"strings"

	"github.com/handoff-go/handoff/spec/trace/events"
)

// module returns the batch as a module of TLA+: data, for module TraceHandoff.
func (w *writer) module() (string, error) {
	var traces, edits []string
	for i, r := range w.batch {
		all, err := w.sequence(i, r.Events)
		if err != nil {
			return "", fmt.Errorf("trace %s: %w", r.Name, err)
		}
		traces = append(traces, "\n  "+all)
		var some []string
		for _, e := range r.edits {
			put, err := w.sequence(i, e.put)
			if err != nil {
				return "", fmt.Errorf("an edit of trace %s: %w", r.Name, err)
			}
			some = append(some, fmt.Sprintf("\n    [after |-> %d, cut |-> %d, put |-> %s]", e.after, e.cut, put))
		}
		edits = append(edits, "\n  <<"+strings.Join(some, ",")+">>")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "---- MODULE %s ----\n", w.name)
	b.WriteString("EXTENDS TraceHandoff\n\n")
	b.WriteString("E(op, ref, presented, at, over, state, answer) ==\n" +
		"  [op |-> op, ref |-> ref, presented |-> presented, at |-> at, end |-> over,\n" +
		"   state |-> state, answer |-> answer]\n\n")
	fmt.Fprintf(&b, "%sTokens == 1..%d\n%sRefs == 1..%d\n\n", w.name, w.lives, w.name, w.refs)
	// TLC evaluates the definition that stands in for a constant each time that the
	// constant is asked for, and any other definition of a value once.
	fmt.Fprintf(&b, "AllTraces == <<%s>>\n%sTraces == AllTraces\n\n", strings.Join(traces, ","), w.name)
	fmt.Fprintf(&b, "AllEdits == <<%s>>\n%sEdits == AllEdits\n====\n", strings.Join(edits, ","), w.name)
	return b.String(), nil
}

// sequence returns events of a trace as a sequence of TLA+.
func (w *writer) sequence(trace int, all []events.Event) (string, error) {
	var some []string
	for _, e := range all {
		at, end, state := -1, w.never, "none"
		var err error
		if e.Now != events.None {
			at, err = w.ranks[trace].of(e.Now, w.per)
		}
		if e.End != events.None && err == nil {
			end, err = w.ranks[trace].of(e.End, w.per)
		}
		if err != nil {
			return "", err
		}
		if e.State != "" {
			state = e.State
		}
		for _, word := range []string{e.Op, state, e.Answer} {
			if strings.ContainsAny(word, "\"\\\n") {
				return "", fmt.Errorf("%q is no word of the specification", word)
			}
		}
		some = append(some, fmt.Sprintf("E(\"%s\", %d, %d, %d, %d, \"%s\", \"%s\")", e.Op, e.Ref, e.Presented, at, end, state, e.Answer))
	}
	return "<<" + strings.Join(some, ",\n    ") + ">>", nil
}
