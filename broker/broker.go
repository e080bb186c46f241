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
	o          Options
	log        *slog.Logger
	limiter    *fallback.Limiter
	namespace  wire.TimeNamespace // unknown: no lease
	registries map[time.Duration]*registry.Registry

	buffers     sync.Pool // *[]byte, for offers and replies
	links       atomic.Uint64
	correlation atomic.Uint64
	inFlight    atomic.Int64 // connections on their way
	waiting     atomic.Int64 // clients whose first bytes are not in
	linked      atomic.Int64 // links, handshakes included
	ledger      fdpass.Ledger
	outcomes    [Closed + 1]atomic.Uint64

	forceCtx  context.Context // ends when Shutdown will wait no longer
	forceStop context.CancelFunc

	closing      context.Context // ends when Shutdown begins
	cancelAccept context.CancelFunc

	mu           sync.Mutex
	services     map[string]*service // that have links
	serving      map[io.Closer]bool  // listeners
	running      sync.WaitGroup      // every goroutine of the broker, and every connection on its way
	shuttingDown bool                // Shutdown began: nothing is added to running
	readers      sync.WaitGroup      // of links
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
		o:          o,
		log:        o.Logger,
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

// openRegistry makes the registry of one deadline: in it, registration order is
// deadline order.
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

// enter counts one more goroutine, or connection on its way, that Shutdown waits for.
// It returns false once Shutdown began.
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

// trace reports a step that is about no link.
func (b *Broker) trace(e Event) {
	if b.o.Trace != nil {
		b.o.Trace(e)
	}
}

// buffer returns a buffer for one frame, which the caller puts back.
func (b *Broker) buffer() *[]byte {
	if buffer, ok := b.buffers.Get().(*[]byte); ok {
		return buffer
	}
	return new([]byte)
}
