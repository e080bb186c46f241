package fsm_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/handoff-go/handoff/fsm"
)

// The whole use of the package: keep a state, and replace it by what Next returns.
func ExampleState_Next() {
	state := fsm.Pending

	state, err := state.Next(fsm.Expire)
	fmt.Println(state, state.Terminal(), err)

	state, err = state.Next(fsm.Acknowledge) // too late
	fmt.Println(state, err)

	// Output:
	// expired true <nil>
	// expired fsm: event acknowledge is forbidden in state expired
}

func ExampleTransitionError() {
	_, err := fsm.Abandoned.Next(fsm.Acknowledge)

	var refused *fsm.TransitionError
	if errors.As(err, &refused) {
		fmt.Println(refused.Event, "cannot happen to a handoff that is", refused.State)
	}
	// Output:
	// acknowledge cannot happen to a handoff that is abandoned
}

func ExampleMachine() {
	machine := fsm.Machine(fsm.Pending)
	fmt.Println(machine.Event(context.Background(), fsm.Acknowledge.String()))
	fmt.Println(machine.Current(), machine.Can(fsm.Expire.String()))
	// Output:
	// <nil>
	// acknowledged false
}

func ExampleMermaid() {
	fmt.Print(fsm.Mermaid())
	// Output:
	// stateDiagram-v2
	//     [*] --> pending
	//     pending --> abandoned: abandon
	//     pending --> acknowledged: acknowledge
	//     pending --> expired: expire
}
