package proptest_test

import (
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

// mine is the factory of another implementation.
func mine(o registry.Options) (proptest.Registry, error) {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return newMapRegistry(o)
}

func TestMapRegistry(t *testing.T) {
	setEffort(t, 200, 30)
	proptest.Run(t, mine)
}

func TestMapRegistryConcurrently(t *testing.T) { proptest.RunConcurrent(t, mine) }

// To check an implementation of the contract, write three tests.
func ExampleRun() {
	factory := func(o registry.Options) (proptest.Registry, error) {
		return newMapRegistry(o) // your implementation
	}
	TestConformance := func(t *testing.T) { proptest.Run(t, factory) }
	TestEveryStep := func(t *testing.T) { proptest.Walk(t, factory) }
	TestConcurrently := func(t *testing.T) { proptest.RunConcurrent(t, factory) }
	_, _, _ = TestConformance, TestEveryStep, TestConcurrently
}

// A sequence that once failed stays in a test, as text.
func ExampleReplay() {
	TestLateACK := func(t *testing.T) {
		program, err := proptest.Assemble(`
			options ack=3ns ttl=+1ns
			Begin backend=1
			Acknowledge pending now=end
			Acknowledge dead`)
		if err != nil {
			t.Fatal(err)
		}
		proptest.Replay(t, mine, program)
	}
	_ = TestLateACK
}

func ExampleAssemble() {
	program, err := proptest.Assemble(`
		options max=1 trace
		Begin backend=1 now=tick
		Acknowledge pending now=end # too late`)
	fmt.Printf("%x %v\n", program, err)
	_, err = proptest.Assemble("Acknowledge yesterday")
	fmt.Println(err)
	// Output:
	// 0000010002000001010000010000060000 <nil>
	// proptest: line 1: "yesterday" is none of pending, issued, consumed, dead, foreign, near, zero, live
}
