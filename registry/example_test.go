package registry_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/handoff-go/handoff/registry"
)

// A handoff that the backend acknowledges in time.
func Example() {
	r, err := registry.New(registry.Options{AckDeadline: 5 * time.Second})
	if err != nil {
		panic(err)
	}
	now := time.Now()
	token, err := r.Begin(registry.Backend{Service: "cache", PID: 42}, now)
	if err != nil {
		panic(err) // full: let the client reconnect
	}
	// ... pass the connection and token.Bytes() to the backend, read its ACK ...
	done, err := r.Acknowledge(token, now.Add(3*time.Millisecond))
	fmt.Println(done.Backend, done.Waited, err)

	_, err = r.Acknowledge(token, now.Add(4*time.Millisecond))
	fmt.Println("again:", err)
	// Output:
	// backend "cache" (pid 42) 3ms <nil>
	// again: registry: no handoff is pending for this token
}

// A backend that answers too late has lost the handoff, and its token is dead.
func ExampleRegistry_Acknowledge_late() {
	r, _ := registry.New(registry.Options{AckDeadline: time.Second})
	now := time.Now()
	token, _ := r.Begin(registry.Backend{Service: "cache"}, now)

	_, err := r.Acknowledge(token, now.Add(time.Second))
	var late *registry.DeadlineError
	if errors.As(err, &late) {
		fmt.Println("late by", late.Late, "-", late.Fallback().Reason)
	}
	fmt.Println("live tokens:", r.Tokens())
	// Output:
	// late by 0s - backend-ack-timeout
	// live tokens: 0
}

// Handoffs whose backend never answers are collected by a sweep.
func ExampleRegistry_ExpireOverdue() {
	r, _ := registry.New(registry.Options{AckDeadline: time.Second})
	now := time.Now()
	r.Begin(registry.Backend{Service: "slow"}, now)
	r.Begin(registry.Backend{Service: "slower"}, now.Add(time.Minute))

	for _, e := range r.ExpireOverdue(now.Add(2 * time.Second)) {
		fmt.Println(e.Backend, "expired after", e.Deadline.Sub(now))
	}
	fmt.Println("pending:", r.Len())
	// Output:
	// backend "slow" expired after 1s
	// pending: 1
}

// Close gives up everything at once and tells what it gave up.
func ExampleRegistry_Close() {
	r, _ := registry.New(registry.Options{OnExit: func(e registry.Exit) {
		fmt.Println(e.Backend, e.State)
	}})
	r.Begin(registry.Backend{Service: "cache"}, time.Now())
	fmt.Println(len(r.Close()), "abandoned")

	_, err := r.Issue(time.Now())
	fmt.Println(err)
	// Output:
	// backend "cache" abandoned
	// 1 abandoned
	// registry: closed
}

// A token never shows itself.
func ExampleToken() {
	token, err := registry.ParseToken([]byte("0123456789abcdef"))
	fmt.Println(token, err)
	_, err = registry.ParseToken([]byte("short"))
	fmt.Println(err)
	// Output:
	// Token(redacted) <nil>
	// registry: token has 5 bytes, want 16
}
