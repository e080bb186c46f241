package registry_test

import (
	"fmt"
	"time"

	"github.com/handoff-go/handoff/registry"
)

// handoff is one handoff from begin to acknowledgement, as a broker does it.
func handoff() error {
	r, err := registry.New(registry.Options{AckDeadline: 5 * time.Second})
	if err != nil {
		return err
	}
	token, err := r.Begin(registry.Backend{Service: "cache", PID: 42}, time.Now())
	if err != nil {
		return err // full: let the client reconnect
	}
	// Pass the connection and token.Bytes() to the backend, and wait for its ACK.
	done, err := r.Acknowledge(token, time.Now())
	if err != nil {
		return err // too late: the handoff has expired, let the client reconnect
	}
	fmt.Println(done.Backend, "owns the connection")
	return nil
}

func ExampleRegistry_Begin() {
	if err := handoff(); err != nil {
		fmt.Println(err)
	}
	// Output: backend "cache" (pid 42) owns the connection
}
