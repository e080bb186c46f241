package fsm

import looplab "github.com/looplab/fsm"

// Machine returns a new machine of [github.com/looplab/fsm] that runs the same
// transitions and is in state s, or nil if s is invalid. It is for tests and for
// diagrams. To run handoffs, use [State.Next]: it is faster by orders of magnitude,
// safe for concurrent use, and unlike a Machine it cannot be left stuck by an Event
// whose context is cancelled.
func Machine(s State) *looplab.FSM {
	if !s.valid() {
		return nil
	}
	return looplab.NewFSM(s.String(), transitions(), nil)
}

// Mermaid returns the life of a handoff as a Mermaid state diagram, ending in a
// newline. The text is the same on every call.
func Mermaid() string {
	// The error can only be an unknown kind of diagram, and the kind is a constant.
	text, _ := looplab.VisualizeForMermaidWithGraphType(Machine(Pending), looplab.StateDiagram)
	return text
}

// Graphviz returns the life of a handoff in the language of Graphviz, ending in
// a newline. The text is the same on every call.
func Graphviz() string { return looplab.Visualize(Machine(Pending)) }
