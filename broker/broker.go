package broker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// Broker accepts clients and hands their connections to backends. Make one with New;
// the zero Broker is not usable, and a Broker must not be copied. All methods are safe
// for concurrent use.
type Broker struct {
	shared
	namespace  wire.TimeNamespace // unknown: no lease
	registries map[time.Duration]*registry.Registry

	links    atomic.Uint64 // how many there were
	inFlight atomic.Int64  // connections that were admitted, and are not decided
	waiting  atomic.Int64  // clients whose first bytes have not arrived
	linked   atomic.Int64  // links, handshakes included
	outcomes [Closed + 1]atomic.Uint64

	closing      context.Context // ends when Shutdown begins
	cancelAccept context.CancelFunc
	forceCtx     context.Context // ends when Shutdown waits no longer
	forceStop    context.CancelFunc

	mu           sync.Mutex
	services     map[string]*service // that have links
	serving      map[io.Closer]bool  // listeners
	shuttingDown bool                // Shutdown began: nothing is added to running
	running      sync.WaitGroup      // accept loops, and connections until they are decided
}

// New returns a broker that serves nobody yet, an *OptionError, an *UnsupportedError
// where the system cannot pass descriptors, or the error of the system's clock. It
// starts no goroutine.
func New(o Options) (*Broker, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if _, err := fdpass.Clock(); err == fdpass.ErrUnsupported {
		return nil, &UnsupportedError{What: "passing descriptors on this system"}
	} else if err != nil {
		return nil, err
	}
	b := &Broker{
		shared:     shared{o: o, log: o.Logger},
		registries: map[time.Duration]*registry.Registry{},
		services:   map[string]*service{},
		serving:    map[io.Closer]bool{},
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.limiter, err = fallback.NewLimiter(o.Limit); err != nil {
		return nil, &OptionError{Option: "Limit", Problem: err.Error()}
	}
	if err := b.openRegistry(o.AckDeadline); err != nil {
		return nil, err
	}
	for name, s := range o.Services {
		if err := wire.CheckService(name); err != nil {
			return nil, &OptionError{Option: "Services", Problem: fmt.Sprintf("%q: %v", name, err)}
		}
		if s.AckDeadline != 0 {
			if err := b.openRegistry(s.AckDeadline); err != nil {
				return nil, err
			}
		}
	}
	// Without a namespace to compare there is no lease: every link is commit only.
	b.namespace.Device, b.namespace.Inode, _ = fdpass.TimeNamespace()
	b.closing, b.cancelAccept = context.WithCancel(context.Background())
	b.forceCtx, b.forceStop = context.WithCancel(context.Background())
	return b, nil
}

// openRegistry makes the registry of one deadline. There is one for each, so that in every registry
// the order of registration is that of the deadlines.
func (b *Broker) openRegistry(deadline time.Duration) error {
	if b.registries[deadline] != nil {
		return nil
	}
	o := registry.Options{
		AckDeadline: deadline,
		TokenTTL:    max(deadline, registry.DefaultTokenTTL),
		MaxPending:  b.o.MaxInFlight,
		Rand:        b.o.Rand,
	}
	if o.Trace = b.o.TraceRegistry; o.Trace == nil && b.o.Trace != nil {
		o.Trace = func(registry.Event) {} // for Ref, which names tokens only where steps are traced
	}
	r, err := registry.New(o)
	if err != nil {
		return &OptionError{Option: "AckDeadline", Problem: err.Error()}
	}
	b.registries[deadline] = r
	return nil
}

// enter counts one more connection that Shutdown waits for. It returns false after Shutdown began.
func (b *Broker) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shuttingDown {
		return false
	}
	b.running.Add(1)
	return true
}

func (b *Broker) leave() { b.running.Done() }

// isClosing reports whether Shutdown began.
func (b *Broker) isClosing() bool { return b.closing.Err() != nil }
