package demo

import (
	"errors"
	"os"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/spec/trace/events"
)

// writeTrace writes what the registry did, for "go run ./spec/trace -file" to judge. All
// services have one deadline, and so there is one registry.
func (b *brokerStats) writeTrace(cfg Config) error {
	if !b.traced {
		return nil
	}
	o := registry.Options{AckDeadline: ackDeadline, TokenTTL: max(ackDeadline, registry.DefaultTokenTTL), MaxPending: cfg.room()}
	b.mu.Lock()
	trace, err := events.Record("demo", o, b.steps)
	b.mu.Unlock()
	if err != nil {
		return err
	}
	file, err := os.Create(cfg.Trace)
	if err != nil {
		return err
	}
	return errors.Join(events.Write(file, trace), file.Close())
}
