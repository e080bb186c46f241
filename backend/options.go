package backend

import (
	"cmp"
	"log/slog"
	"math"
	"time"

	"github.com/handoff-go/handoff/internal/option"
)

// What an Options field is when left zero.
const (
	DefaultQueue        = 64
	DefaultWriteTimeout = 500 * time.Millisecond
	DefaultHandshake    = 3 * time.Second
	DefaultRedialMin    = 20 * time.Millisecond
	DefaultRedialMax    = 2 * time.Second
)

// Options are the settings of a listener. The zero Options are the defaults. A negative
// number is an *OptionError from Listen.
type Options struct {
	// Queue is how many offers may wait for an Accept. They are not acknowledged, so
	// another backend can still have them. One more is rejected as busy. Zero:
	// DefaultQueue.
	Queue int
	// MaxInFlight is how many offers the broker may have open at a time; the broker may
	// have fewer. Zero: as many as Queue, so that none is rejected as busy: clients
	// wait at the broker instead, for whatever backend has room first.
	MaxInFlight int
	// WriteTimeout is how long a message to the broker may take to be written, as a
	// whole; then the link is given up. Zero: DefaultWriteTimeout.
	WriteTimeout time.Duration
	// Handshake is how long it may take, in all, from connect to welcome. Zero:
	// DefaultHandshake.
	Handshake time.Duration
	// RedialMin and RedialMax are how long to wait before a lost broker is dialled
	// again: the first time, and at most. Each wait is drawn between half of it and
	// all. Zero: DefaultRedialMin and DefaultRedialMax.
	RedialMin, RedialMax time.Duration
	// Logger gets what an operator wants to know. Nil: nothing is logged.
	Logger *slog.Logger
	// Trace is called after each step of the protocol and before the next one, outside
	// locks, by the goroutine that takes the step: whatever it does, blocking
	// included, happens between the two. Nil: none, at no cost.
	Trace func(Event)
}

// OptionError answers Listen when an option makes no sense.
type OptionError struct {
	Option  string // the field of Options
	Problem string // what is wrong with its value
}

// Error implements error.
func (e *OptionError) Error() string { return option.Error(*e).Message("backend") }

func (o Options) withDefaults() (Options, error) {
	if err := option.Fill("Queue", &o.Queue, DefaultQueue); err != nil {
		return o, (*OptionError)(err)
	}
	err := cmp.Or(
		option.Fill("MaxInFlight", &o.MaxInFlight, o.Queue),
		option.Fill("WriteTimeout", &o.WriteTimeout, DefaultWriteTimeout),
		option.Fill("Handshake", &o.Handshake, DefaultHandshake),
		option.Fill("RedialMin", &o.RedialMin, DefaultRedialMin),
		option.Fill("RedialMax", &o.RedialMax, DefaultRedialMax),
	)
	if err != nil {
		return o, (*OptionError)(err)
	}
	o.MaxInFlight = min(o.MaxInFlight, math.MaxInt32) // it has 32 bits on the wire
	return o, nil
}
