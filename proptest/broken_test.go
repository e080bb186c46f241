package proptest_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

// The registries here are ours, each with one fault. The kit must find it.

type factory = func(registry.Options) (proptest.Registry, error)

// wrapped makes a registry and puts a fault around it.
func wrapped(wrap func(*registry.Registry) proptest.Registry) factory {
	return func(o registry.Options) (proptest.Registry, error) {
		o.Trace = nil // which would give most of them away
		r, err := registry.New(o)
		if err != nil {
			return nil, err
		}
		return wrap(r), nil
	}
}

// rewired makes a registry whose options are not what was asked for.
func rewired(rewire func(*registry.Options)) factory {
	return func(o registry.Options) (proptest.Registry, error) {
		rewire(&o)
		return registry.New(o)
	}
}

// brokenAlone are the faults that one caller can see.
func brokenAlone() map[string]factory {
	return map[string]factory{
		"tells of an expiry twice": rewired(func(o *registry.Options) {
			if tell := o.OnExit; tell != nil {
				o.OnExit = func(e registry.Exit) {
					if tell(e); e.State.String() == "expired" {
						tell(e)
					}
				}
			}
		}),
		"tells of exits late": rewired(func(o *registry.Options) {
			if tell := o.OnExit; tell != nil {
				var before []registry.Exit
				o.OnExit = func(e registry.Exit) {
					for _, b := range before {
						tell(b)
					}
					before = []registry.Exit{e}
				}
			}
		}),
		"tells under a lock": func(o registry.Options) (proptest.Registry, error) {
			r := &tellsUnderLock{}
			if tell := o.OnExit; tell != nil {
				o.OnExit = func(e registry.Exit) { r.mu.Lock(); defer r.mu.Unlock(); tell(e) }
			}
			var err error
			r.Registry, err = registry.New(o)
			return r, err
		},
		"reads a byte too many": rewired(func(o *registry.Options) {
			o.Rand = oneMore{o.Rand}
		}),
		"has room for one more":    rewired(func(o *registry.Options) { o.MaxPending++ }),
		"tries once more":          rewired(func(o *registry.Options) { o.CollisionAttempts++ }),
		"leaves out traced drops":  rewired(func(o *registry.Options) { leaveOut(o, registry.OpDrop) }),
		"leaves out traced sweeps": rewired(func(o *registry.Options) { leaveOut(o, registry.OpSweep) }),
		"traces the wrong end": rewired(func(o *registry.Options) {
			if trace := o.Trace; trace != nil {
				o.Trace = func(e registry.Event) {
					if e.Op == registry.OpRegister && !e.End.IsZero() {
						e.End = e.End.Add(1)
					}
					trace(e)
				}
			}
		}),
		"accepts an ACK twice":          wrapped(func(r *registry.Registry) proptest.Registry { return &acksTwice{Registry: r} }),
		"waited a nanosecond more":      wrapped(func(r *registry.Registry) proptest.Registry { return waitsMore{r} }),
		"sweeps the youngest first":     wrapped(func(r *registry.Registry) proptest.Registry { return sweepsBackwards{r} }),
		"expires a nanosecond early":    wrapped(func(r *registry.Registry) proptest.Registry { return expiresEarly{r} }),
		"accepts an ACK at the end":     wrapped(func(r *registry.Registry) proptest.Registry { return acksLate{r} }),
		"forgets the last of a sweep":   wrapped(func(r *registry.Registry) proptest.Registry { return sweepsLess{r} }),
		"registers again":               wrapped(func(r *registry.Registry) proptest.Registry { return registersAgain{r} }),
		"abandons only what is pending": wrapped(func(r *registry.Registry) proptest.Registry { return abandonsLess{r} }),
		"knows the next deadline badly": wrapped(func(r *registry.Registry) proptest.Registry { return nextLater{r} }),
		"counts what is pending twice":  wrapped(func(r *registry.Registry) proptest.Registry { return countsTwice{r} }),
		"answers with texts":            wrapped(func(r *registry.Registry) proptest.Registry { return answersTexts{r} }),
		"ends the caller's context":     wrapped(func(r *registry.Registry) proptest.Registry { return endsContext{r} }),
		"takes the zero time for now":   wrapped(func(r *registry.Registry) proptest.Registry { return zeroIsNow{r} }),
		"consumes by any token":         wrapped(func(r *registry.Registry) proptest.Registry { return consumesAny{r} }),
		"names no backend":              wrapped(func(r *registry.Registry) proptest.Registry { return namesNobody{r} }),
	}
}

type tellsUnderLock struct {
	*registry.Registry
	mu sync.Mutex
}

func (r *tellsUnderLock) Stats() registry.Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Registry.Stats()
}

type oneMore struct{ r io.Reader }

func (o oneMore) Read(p []byte) (int, error) {
	_, _ = o.r.Read(make([]byte, 1))
	return o.r.Read(p)
}

func leaveOut(o *registry.Options, op string) {
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

type sweepsLess struct{ *registry.Registry }

func (r sweepsLess) ExpireOverdue(now time.Time) []registry.Expired {
	all := r.Registry.ExpireOverdue(now)
	return all[:max(0, len(all)-1)]
}

type registersAgain struct{ *registry.Registry }

func (r registersAgain) Register(t registry.Token, b registry.Backend, now time.Time) error {
	if err := r.Registry.Register(t, b, now); !errors.Is(err, registry.ErrAlreadyPending) {
		return err
	}
	return nil
}

type abandonsLess struct{ *registry.Registry }

func (r abandonsLess) Abandon(t registry.Token) (registry.Backend, bool) {
	if _, pending := r.Backend(t); !pending {
		return registry.Backend{}, false
	}
	return r.Registry.Abandon(t)
}

type nextLater struct{ *registry.Registry }

func (r nextLater) NextDeadline() (time.Time, bool) {
	next, ok := r.Registry.NextDeadline()
	if ok {
		next = next.Add(1)
	}
	return next, ok
}

type countsTwice struct{ *registry.Registry }

func (r countsTwice) Len() int { return 2 * r.Registry.Len() }

type answersTexts struct{ *registry.Registry }

func (r answersTexts) Consume(expected, presented registry.Token, now time.Time) error {
	if err := r.Registry.Consume(expected, presented, now); err != nil {
		return errors.New(err.Error())
	}
	return nil
}

type endsContext struct{ *registry.Registry }

func (r endsContext) Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error) {
	done, err := r.Registry.Acknowledge(t, now)
	var late *registry.DeadlineError
	if errors.As(err, &late) {
		err = errors.Join(err, context.DeadlineExceeded)
	}
	return done, err
}

type zeroIsNow struct{ *registry.Registry }

func (r zeroIsNow) ExpireOverdue(now time.Time) []registry.Expired {
	if now.IsZero() {
		now = time.Now()
	}
	return r.Registry.ExpireOverdue(now)
}

type consumesAny struct{ *registry.Registry }

func (r consumesAny) Consume(expected, _ registry.Token, now time.Time) error {
	return r.Registry.Consume(expected, expected, now)
}

type namesNobody struct{ *registry.Registry }

func (r namesNobody) Close() []registry.Abandoned {
	all := r.Registry.Close()
	for i := range all {
		all[i].Backend = registry.Backend{}
	}
	return all
}
