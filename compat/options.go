package compat

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/option"
)

// Options are the settings of a Listener. The zero Options are the defaults. A negative number is an
// *OptionError from Listen.
type Options struct {
	// Handshake is how long one handoff may take, from the connection to the control socket to the
	// ACK. Zero: backend.DefaultHandshake.
	Handshake time.Duration
	// Queue is how many handoffs may be in progress or wait for an Accept: they are acknowledged
	// before an Accept has come. Zero: backend.DefaultQueue.
	Queue int
	// Logger gets the handoffs that failed. Nil: nothing is logged.
	Logger *slog.Logger
}

// OptionError answers Listen when an option makes no sense.
type OptionError struct {
	Option  string // the field of Options
	Problem string // what is wrong with its value
}

// Error implements error.
func (e *OptionError) Error() string { return option.Error(*e).Message("compat") }

// withDefaults returns o with its zero fields filled in, or an *OptionError.
func (o Options) withDefaults() (Options, error) {
	err := cmp.Or(
		option.Fill("Handshake", &o.Handshake, backend.DefaultHandshake),
		option.Fill("Queue", &o.Queue, backend.DefaultQueue),
	)
	if err != nil {
		return o, (*OptionError)(err)
	}
	return o, nil
}
