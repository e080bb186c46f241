package proptest_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/registry"
)

// The wrappers of brokenSequentially, each with the mistake that it is named after.

type exitsUnderLock struct {
	*registry.Registry
	mu sync.Mutex
}

func (r *exitsUnderLock) Stats() registry.Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Registry.Stats()
}

type readsMore struct{ r io.Reader }

func (o readsMore) Read(p []byte) (int, error) {
	_, _ = o.r.Read(make([]byte, 1))
	return o.r.Read(p)
}

func dropEvents(o *registry.Options, op string) {
	if trace := o.Trace; trace != nil {
		o.Trace = func(e registry.Event) {
			if e.Op != op {
				trace(e)
			}
		}
	}
}

type acksTwice struct {
	*registry.Registry
	last registry.Acknowledged
}

func (r *acksTwice) Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error) {
	done, err := r.Registry.Acknowledge(t, now)
	if err != nil && t == r.last.Token && !t.IsZero() {
		return r.last, nil
	}
	r.last = done
	return done, err
}

type waitsMore struct{ *registry.Registry }

func (r waitsMore) Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error) {
	done, err := r.Registry.Acknowledge(t, now)
	if err == nil {
		done.Waited++
	}
	return done, err
}

type sweepsBackwards struct{ *registry.Registry }

func (r sweepsBackwards) ExpireOverdue(now time.Time) []registry.Expired {
	all := r.Registry.ExpireOverdue(now)
	slices.Reverse(all)
	return all
}

type expiresEarly struct{ *registry.Registry }

func (r expiresEarly) Expire(t registry.Token, now time.Time) (registry.Expired, bool) {
	return r.Registry.Expire(t, now.Add(1))
}

type acksLate struct{ *registry.Registry }

func (r acksLate) Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error) {
	return r.Registry.Acknowledge(t, now.Add(-1))
}

type sweepsFewer struct{ *registry.Registry }

func (r sweepsFewer) ExpireOverdue(now time.Time) []registry.Expired {
	all := r.Registry.ExpireOverdue(now)
	return all[:max(0, len(all)-1)]
}

type registersTwice struct{ *registry.Registry }

func (r registersTwice) Register(t registry.Token, b registry.Backend, now time.Time) error {
	if err := r.Registry.Register(t, b, now); !errors.Is(err, registry.ErrAlreadyPending) {
		return err
	}
	return nil
}

type keepsIssued struct{ *registry.Registry }

func (r keepsIssued) Abandon(t registry.Token) (registry.Backend, bool) {
	if _, pending := r.Backend(t); !pending {
		return registry.Backend{}, false
	}
	return r.Registry.Abandon(t)
}

type laterDeadline struct{ *registry.Registry }

func (r laterDeadline) NextDeadline() (time.Time, bool) {
	next, ok := r.Registry.NextDeadline()
	if ok {
		next = next.Add(1)
	}
	return next, ok
}

type doubleLen struct{ *registry.Registry }

func (r doubleLen) Len() int { return 2 * r.Registry.Len() }

type plainErrors struct{ *registry.Registry }

func (r plainErrors) Consume(expected, presented registry.Token, now time.Time) error {
	if err := r.Registry.Consume(expected, presented, now); err != nil {
		return errors.New(err.Error())
	}
	return nil
}

type contextErrors struct{ *registry.Registry }

func (r contextErrors) Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error) {
	done, err := r.Registry.Acknowledge(t, now)
	var late *registry.DeadlineError
	if errors.As(err, &late) {
		err = errors.Join(err, context.DeadlineExceeded)
	}
	return done, err
}

type zeroIsPresent struct{ *registry.Registry }

func (r zeroIsPresent) ExpireOverdue(now time.Time) []registry.Expired {
	if now.IsZero() {
		now = time.Now()
	}
	return r.Registry.ExpireOverdue(now)
}

type consumesAny struct{ *registry.Registry }

func (r consumesAny) Consume(expected, _ registry.Token, now time.Time) error {
	return r.Registry.Consume(expected, expected, now)
}

type uncountedExpiry struct{ *registry.Registry }

func (r uncountedExpiry) Stats() registry.Stats {
	s := r.Registry.Stats()
	s.Expired = 0
	return s
}

type noSweep struct{ *registry.Registry }

func (r noSweep) ExpireOverdue(time.Time) []registry.Expired { return nil }

type noBackends struct{ *registry.Registry }

func (r noBackends) Close() []registry.Abandoned {
	all := r.Registry.Close()
	for i := range all {
		all[i].Backend = registry.Backend{}
	}
	return all
}
