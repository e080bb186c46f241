package backend

import (
	"cmp"
	"log/slog"
	"math"
	"time"

	"github.com/handoff-go/handoff/internal/option"
)

// The values of Options fields that are zero.
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
	// Queue is how many offers may wait for an Accept. They have no ACK yet, so the broker
	// can give them to another backend. One more is rejected as busy. Zero: DefaultQueue.
	Queue int
	// MaxInFlight is how many undecided offers this backend asks the broker to have at a
	// time; the broker may allow fewer. Zero: as many as Queue, so that none is rejected
	// as busy. Further clients wait at the broker, for the backend that has room first.
	MaxInFlight int
	// WriteTimeout is how long the writing of one message to the broker may take, from its
	// first byte to its last. A message that takes longer ends the link. Zero:
	// DefaultWriteTimeout.
	WriteTimeout time.Duration
	// Handshake is how long it may take from connect to welcome, as a whole. Zero:
	// DefaultHandshake.
	Handshake time.Duration
	// RedialMin and RedialMax bound the wait before a lost broker is dialled again: the
	// first wait is RedialMin, each further one twice as long, up to RedialMax. A wait is
	// then drawn between half of it and all of it. Zero: DefaultRedialMin and
	// DefaultRedialMax.
	RedialMin, RedialMax time.Duration
	// Logger logs links, refusals and connections that were ended. Nil: nothing is logged.
	Logger *slog.Logger
	// Trace is called after each step of the protocol and before the next step of the same
	// goroutine, outside locks, by that goroutine: if Trace blocks, so does it. What follows
	// from a step is traced after it, whichever goroutine does it. Steps of two goroutines
	// that do not follow from one another are in no order, such as an Own by the ACK and
	// the reading of its commit. Nil: no steps are traced, at no cost.
	Trace func(Event)
}

// OptionError is returned by Listen for an option that makes no sense.
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
