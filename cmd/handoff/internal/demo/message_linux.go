package demo

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/registry"
)

// message is sent by a child to its parent as one JSON value. Exactly one field is set.
type message struct {
	Ready        *ready          `json:",omitempty"` // by the broker
	Progress     *registry.Stats `json:",omitempty"`
	VictimLinked bool            `json:",omitempty"` // a requested victim is linked, or failed to start
	Report       *Report         `json:",omitempty"`

	Linked  bool     `json:",omitempty"` // by a backend: it is ready for offers
	Account *account `json:",omitempty"`
}

// ready describes the started processes.
type ready struct {
	PID      int
	Address  string   // for plain clients
	Backends []string // the identities of the regular ones
}

// account is a backend's side of the ledger.
type account struct {
	Descriptors broker.Descriptors
	Direct      int // requests on connections that came directly
}

// messageWriter writes messages. It is safe for concurrent use.
type messageWriter struct {
	mu  sync.Mutex
	out *json.Encoder
}

func newMessageWriter(out io.Writer) *messageWriter { return &messageWriter{out: json.NewEncoder(out)} }

func (t *messageWriter) write(m message) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.Encode(m)
}

// writeProgress writes the registry's counts every 100 ms until ctx ends.
func (t *messageWriter) writeProgress(ctx context.Context, stats func() registry.Stats) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s := stats()
			_ = t.write(message{Progress: &s}) // fails only when the parent is ending
		}
	}
}
