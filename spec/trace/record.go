package main

import (
	"fmt"
	"math"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/spec/trace/events"
)

// How many goroutines meet in a trace, and how many calls each makes.
const (
	callers = 4
	calls   = 25
)

// settings are the options that traces are recorded with, in turn: deadlines
// that the TTL cuts short, little room, tokens that never end, and nothing that
// ever ends by itself.
func settings() []registry.Options {
	return []registry.Options{
		{AckDeadline: 10, TokenTTL: 13, MaxPending: 4, CollisionAttempts: 2},
		{AckDeadline: 4, TokenTTL: 4, MaxPending: 2, CollisionAttempts: 1},
		{AckDeadline: 6, TokenTTL: math.MaxInt64, MaxPending: 4, CollisionAttempts: 2},
		{AckDeadline: math.MaxInt64, TokenTTL: math.MaxInt64, MaxPending: 5, CollisionAttempts: 2},
	}
}

// recordAll records fresh traces.
func recordAll(seed uint64, count int) ([]events.Trace, error) {
	var traces []events.Trace
	for i := range count {
		o := settings()[i%len(settings())]
		all, err := proptest.Record(newRegistry, o, seed+uint64(i), callers, calls)
		if err != nil {
			return nil, err
		}
		t, err := events.Record(fmt.Sprintf("%d", i+1), o, all)
		if err != nil {
			return nil, fmt.Errorf("trace %d: %w", i+1, err)
		}
		traces = append(traces, t)
	}
	return traces, nil
}

func newRegistry(o registry.Options) (proptest.Registry, error) { return registry.New(o) }
