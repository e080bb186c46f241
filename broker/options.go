package broker

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/option"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// The defaults of Options.
const (
	DefaultAckDeadline   = time.Second
	DefaultSettleTimeout = 250 * time.Millisecond
	DefaultAttempts      = 3
	DefaultMaxInFlight   = 1024
	DefaultMaxPerLink    = 64
	DefaultMaxLinks      = 256
	DefaultMaxWaiting    = 16384
	DefaultFirstBytes    = 3 * time.Second
	DefaultHandshake     = 3 * time.Second
	DefaultPingInterval  = time.Second
)

// Options are the settings of a broker. The zero Options are the defaults. A negative
// number is an *OptionError from New, unless its field says what it means.
type Options struct {
	// AckDeadline is how long a backend has to acknowledge an offer, for services that
	// do not say otherwise. Zero: DefaultAckDeadline.
	AckDeadline time.Duration
	// Margin is how long before the deadline the lease of an offer ends, so that an ACK
	// written at its last instant is still read in time. Zero: a quarter of the
	// deadline. Negative: none. Any margin is safe, a small one costs fences.
	Margin time.Duration
	// SettleTimeout is how long the broker waits for an earlier holder to say that its copy
	// is closed, before it offers the connection again; and how long a client that can
	// reconnect waits for a busy backend. Zero: DefaultSettleTimeout.
	SettleTimeout time.Duration
	// Attempts is how many backends a connection is offered to at most, one after the
	// other. Zero: DefaultAttempts.
	Attempts int
	// MaxInFlight is how many connections may be undecided at once, in all. Zero:
	// DefaultMaxInFlight. One more is answered with fallback.FDPressureDisabled.
	MaxInFlight int
	// MaxPerLink is how many offers may be undecided at once on one link; the backend may
	// ask for less. Zero: DefaultMaxPerLink.
	MaxPerLink int
	// MaxLinks is how many backends may be linked at once. Zero: DefaultMaxLinks.
	MaxLinks int
	// MaxWaiting is how many clients may be waited for at once that have not sent their
	// first bytes: one goroutine each. One more is disconnected. Zero: DefaultMaxWaiting.
	MaxWaiting int
	// FirstBytes is how long a client may take, in all, to send its hello or what its
	// route asks for. Zero: DefaultFirstBytes.
	FirstBytes time.Duration
	// Handshake is how long a backend may take, in all, from connect to welcome, and
	// how long it may leave what the broker sends it unread. Zero: DefaultHandshake.
	Handshake time.Duration
	// PingInterval is how long after a pong the next ping is sent, and how long its
	// pong may take before the link is dropped. Zero: DefaultPingInterval. Negative:
	// no pings.
	PingInterval time.Duration
	// Limit says after how many failures a backend gets no offers for a while.
	Limit fallback.Policy

	// Services are the services that backends may serve and clients may ask for, by
	// name. Nil: any, each with the zero Service.
	Services map[string]Service
	// Reconnect is the address that clients are told to connect to when no backend adopts
	// their connection, for services without an address of their own.
	Reconnect string

	// OnOutcome is called once for each client connection that Serve took, with what
	// became of it, by the goroutine that finished it: it must not block. Outcome.Conn
	// is nil there. Nil: none.
	OnOutcome func(Outcome)
	// Logger is told of links, of clients that are disconnected because their request is
	// not known, and of what goes wrong. Nil: nothing is logged.
	Logger *slog.Logger
	// Trace is called after each step of the protocol, outside locks, by the goroutine
	// that takes the step, before that goroutine goes on and before any other acts on the
	// step: whatever Trace does, blocking included, happens between a step and the next.
	//
	// There is one exception. A backend has an offer as soon as it is sent, so the link's
	// reader may trace ReadAck, or any decision, while SendOffer or OfferWritten of the
	// same offer is still being traced: to wait there would stop the whole link.
	//
	// Nil: none, at no cost.
	Trace func(Event)
	// TraceRegistry is given the steps of the registries. Nil: none, at no cost.
	TraceRegistry func(registry.Event)
	// Rand is where tokens come from, see registry.Options. Nil: crypto/rand.
	Rand io.Reader
}

// Service are the settings of one service. The zero Service has those of Options.
type Service struct {
	// AckDeadline of this service. Zero: that of Options.
	AckDeadline time.Duration
	// UIDs are the users whose processes may serve it. Nil: the broker's own user.
	UIDs []int
	// Reconnect is the address that its clients are told to connect to when no backend
	// adopts their connection. Empty: that of Options.
	Reconnect string
	// Disabled switches handoff off: fallback.ServicePolicyDisabled.
	Disabled bool
	// Versions are the versions of the service that a client may name in its hello
	// (client.Dialer.WantedVersion), each of 64 bytes at most; an empty one is for clients
	// that name none. Others are refused with wire.RefusedVersionBlocked. Nil: any version,
	// or none. A plain client names no version and is not asked for one.
	Versions []string
}

// OptionError is the error of New for an option that cannot be used.
type OptionError struct {
	Option  string // the field of Options
	Problem string // what is wrong with its value
}

// Error implements error.
func (e *OptionError) Error() string { return option.Error(*e).Message("broker") }

// withDefaults returns o with its zero fields filled in, or a *OptionError.
func (o Options) withDefaults() (Options, error) {
	err := cmp.Or(
		option.Fill("AckDeadline", &o.AckDeadline, DefaultAckDeadline),
		option.Fill("SettleTimeout", &o.SettleTimeout, DefaultSettleTimeout),
		option.Fill("Attempts", &o.Attempts, DefaultAttempts),
		option.Fill("MaxInFlight", &o.MaxInFlight, DefaultMaxInFlight),
		option.Fill("MaxPerLink", &o.MaxPerLink, DefaultMaxPerLink),
		option.Fill("MaxLinks", &o.MaxLinks, DefaultMaxLinks),
		option.Fill("MaxWaiting", &o.MaxWaiting, DefaultMaxWaiting),
		option.Fill("FirstBytes", &o.FirstBytes, DefaultFirstBytes),
		option.Fill("Handshake", &o.Handshake, DefaultHandshake),
	)
	if err != nil {
		return o, (*OptionError)(err)
	}
	if o.PingInterval == 0 {
		o.PingInterval = DefaultPingInterval
	}
	for name, s := range o.Services {
		if s.AckDeadline < 0 {
			return o, &OptionError{Option: "Services", Problem: fmt.Sprintf("%s: AckDeadline %v is negative", name, s.AckDeadline)}
		}
		for _, v := range s.Versions {
			if err := (&wire.Hello{Service: "any", WantedVersion: v}).Check(); err != nil {
				return o, &OptionError{Option: "Services", Problem: fmt.Sprintf("%s: version %q: %v", name, v, err)}
			}
		}
	}
	return o, nil
}
