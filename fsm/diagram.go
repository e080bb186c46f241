package fsm

import looplab "github.com/looplab/fsm"

// Machine returns a new machine of [github.com/looplab/fsm] that runs the same
// transitions and stands in s, or nil if s is invalid. It is for judging and
// drawing: to run handoffs, use [State.Next], which is faster by orders of
// magnitude and cannot be wedged by a cancelled context.
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
