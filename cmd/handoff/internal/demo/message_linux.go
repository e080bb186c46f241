package demo

import (
	"context"
	"time"

	"github.com/handoff-go/handoff/registry"
)

// message is what the broker tells the first process, one JSON value each. One
// field is set.
type message struct {
	Ready    *ready          `json:",omitempty"`
	Progress *registry.Stats `json:",omitempty"`
	Report   *Report         `json:",omitempty"`
}

type ready struct {
	PID      int
	Address  string
	Backends []string // the identities of those that answer
}

func (b *broker) tell(m message) error {
	b.sending.Lock()
	defer b.sending.Unlock()
	return b.out.Encode(m)
}

func (b *broker) tellProgress(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			stats := b.reg.Stats()
			_ = b.tell(message{Progress: &stats}) // nobody listens: the end is near
		}
	}
}
