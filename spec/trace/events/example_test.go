package events_test

import (
	"os"
	"sync"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/spec/trace/events"
)

// To check what a program of one's own did with a registry: keep what it traced, and
// write it down. A checkout then says whether the specification allows it:
//
//	go run ./spec/trace -file trace.txt
func ExampleWrite() {
	var mu sync.Mutex
	var all []registry.Event
	options := registry.Options{AckDeadline: time.Second, TokenTTL: 30 * time.Second, MaxPending: 1024}
	traced := options
	traced.Trace = func(e registry.Event) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, e) // in any order: Seq tells the true one
	}
	r, err := registry.New(traced)
	if err != nil {
		panic(err)
	}

	now := time.Now() // what the program does
	token, err := r.Begin(registry.Backend{Service: "web", PID: 7}, now)
	if err != nil {
		panic(err)
	}
	_, err = r.Acknowledge(token, now.Add(400*time.Millisecond))
	if err != nil {
		panic(err)
	}
	r.Close()

	trace, err := events.Record("mine", options, all)
	if err != nil {
		panic(err)
	}
	if err := events.Write(os.Stdout, trace); err != nil {
		panic(err)
	}
	// Output:
	// trace mine ack=1s ttl=30s max=1024
	// Begin ref=1 now=0 end=1000000000 state=pending answer=ok
	// Acknowledge ref=1 now=400000000 end=1000000000 state=acknowledged answer=ok
	// Close answer=ok
}
