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

// message is what a child tells its parent, one JSON value each. One field is set.
type message struct {
	Ready      *ready          `json:",omitempty"` // of the broker
	Progress   *registry.Stats `json:",omitempty"`
	Sacrificed bool            `json:",omitempty"` // a backend that was asked for is linked, or could not be
	Report     *Report         `json:",omitempty"`

	Linked  bool     `json:",omitempty"` // of a backend: offers may come
	Account *account `json:",omitempty"`
}

// ready says who is there.
type ready struct {
	PID      int
	Address  string   // for plain clients
	Backends []string // the identities of those that answer
}

// account is a backend's side of the ledger.
type account struct {
	Descriptors broker.Descriptors
	Direct      int // requests served to who came directly
}

// teller writes messages, from any goroutine.
type teller struct {
	mu  sync.Mutex
	out *json.Encoder
}

func newTeller(out io.Writer) *teller { return &teller{out: json.NewEncoder(out)} }

func (t *teller) tell(m message) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.Encode(m)
}

// tellProgress tells the registry's counts until ctx ends.
func (t *teller) tellProgress(ctx context.Context, stats func() registry.Stats) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s := stats()
			_ = t.tell(message{Progress: &s}) // nobody listens: the end is near
		}
	}
}
