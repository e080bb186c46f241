package proptest_test

import (
	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

// Each registry here is ours with one mistake, which the kit must find.

type factory = func(registry.Options) (proptest.Registry, error)

// wrapped returns a factory of registries with a wrapper that makes a mistake.
func wrapped(wrap func(*registry.Registry) proptest.Registry) factory {
	return func(o registry.Options) (proptest.Registry, error) {
		o.Trace = nil // the trace is right, and would contradict most of the wrong answers
		r, err := registry.New(o)
		if err != nil {
			return nil, err
		}
		return wrap(r), nil
	}
}

// rewired returns a factory of registries that get other options than they should.
func rewired(rewire func(*registry.Options)) factory {
	return func(o registry.Options) (proptest.Registry, error) {
		rewire(&o)
		return registry.New(o)
	}
}

// brokenSequentially returns the registries that a single caller can tell from a correct one.
func brokenSequentially() map[string]factory {
	return map[string]factory{
		"calls OnExit twice for an expired handoff": rewired(func(o *registry.Options) {
			if exit := o.OnExit; exit != nil {
				o.OnExit = func(e registry.Exit) {
					if exit(e); e.State.String() == "expired" {
						exit(e)
					}
				}
			}
		}),
		"calls OnExit one exit late": rewired(func(o *registry.Options) {
			if exit := o.OnExit; exit != nil {
				var before []registry.Exit
				o.OnExit = func(e registry.Exit) {
					for _, b := range before {
						exit(b)
					}
					before = []registry.Exit{e}
				}
			}
		}),
		"returns a negative wait when the clock steps back": rewired(func(o *registry.Options) {
			if exit := o.OnExit; exit != nil {
				o.OnExit = func(e registry.Exit) {
					if e.State == fsm.Acknowledged && e.Waited == 0 {
						e.Waited = -1
					}
					exit(e)
				}
			}
		}),
		"calls OnExit under a lock": func(o registry.Options) (proptest.Registry, error) {
			r := &exitsUnderLock{}
			if exit := o.OnExit; exit != nil {
				o.OnExit = func(e registry.Exit) { r.mu.Lock(); defer r.mu.Unlock(); exit(e) }
			}
			var err error
			r.Registry, err = registry.New(o)
			return r, err
		},
		"reads a byte too many from Rand": rewired(func(o *registry.Options) {
			o.Rand = readsMore{o.Rand}
		}),
		"allows one token above MaxPending":      rewired(func(o *registry.Options) { o.MaxPending++ }),
		"tries once more than CollisionAttempts": rewired(func(o *registry.Options) { o.CollisionAttempts++ }),
		"has no event for a drop":                rewired(func(o *registry.Options) { dropEvents(o, registry.OpDrop) }),
		"has no event for a sweep":               rewired(func(o *registry.Options) { dropEvents(o, registry.OpSweep) }),
		"has events with a wrong end": rewired(func(o *registry.Options) {
			if trace := o.Trace; trace != nil {
				o.Trace = func(e registry.Event) {
					if e.Op == registry.OpRegister && !e.End.IsZero() {
						e.End = e.End.Add(1)
					}
					trace(e)
				}
			}
		}),
		"accepts an ACK twice":                              wrapped(func(r *registry.Registry) proptest.Registry { return &acksTwice{Registry: r} }),
		"returns a wait of a nanosecond more":               wrapped(func(r *registry.Registry) proptest.Registry { return waitsMore{r} }),
		"returns the latest deadline of a sweep first":      wrapped(func(r *registry.Registry) proptest.Registry { return sweepsBackwards{r} }),
		"expires a nanosecond early":                        wrapped(func(r *registry.Registry) proptest.Registry { return expiresEarly{r} }),
		"accepts an ACK at the deadline":                    wrapped(func(r *registry.Registry) proptest.Registry { return acksLate{r} }),
		"leaves out the last handoff of a sweep":            wrapped(func(r *registry.Registry) proptest.Registry { return sweepsFewer{r} }),
		"accepts a second Register":                         wrapped(func(r *registry.Registry) proptest.Registry { return registersTwice{r} }),
		"does not revoke an issued token by Abandon":        wrapped(func(r *registry.Registry) proptest.Registry { return keepsIssued{r} }),
		"returns a later NextDeadline":                      wrapped(func(r *registry.Registry) proptest.Registry { return laterDeadline{r} }),
		"returns twice the Len":                             wrapped(func(r *registry.Registry) proptest.Registry { return doubleLen{r} }),
		"returns errors that are no sentinels":              wrapped(func(r *registry.Registry) proptest.Registry { return plainErrors{r} }),
		"returns an error that is context.DeadlineExceeded": wrapped(func(r *registry.Registry) proptest.Registry { return contextErrors{r} }),
		"takes the zero time for the present":               wrapped(func(r *registry.Registry) proptest.Registry { return zeroIsPresent{r} }),
		"does not count expired handoffs":                   wrapped(func(r *registry.Registry) proptest.Registry { return uncountedExpiry{r} }),
		"does not sweep":                                    wrapped(func(r *registry.Registry) proptest.Registry { return noSweep{r} }),
		"consumes a token twice":                            wrapped(func(r *registry.Registry) proptest.Registry { return consumesTwice{r} }),
		"consumes by any presented token":                   wrapped(func(r *registry.Registry) proptest.Registry { return consumesAny{r} }),
		"returns no backends from Close":                    wrapped(func(r *registry.Registry) proptest.Registry { return noBackends{r} }),
	}
}
