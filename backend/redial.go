package backend

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"
)

// run reads one link after the other, until the listener leaves the state serving.
func (ln *Listener) run(l *link) {
	defer close(ln.done)
	defer ln.stopAccepting()
	for l != nil {
		l.read()
		if !ln.detach() {
			return
		}
		l = ln.redial()
	}
}

// firstLink dials until there is a link, ctx ends, or dialing fails for another reason than
// that no broker listens yet: services are started in any order, and a broker that starts a
// moment later is not an error of its backends. The error of the last dial is in the result,
// so that a wrong path is not reported as a mere timeout.
func (ln *Listener) firstLink(ctx context.Context) (*link, error) {
	var last error
	for waits := ln.redialWaits(); ; {
		l, err := ln.dial(ctx)
		switch {
		case noListener(err):
			last = err
			ln.log.Info("broker not reached", "control", ln.address.Name, "error", err)
		case err == nil, ctx.Err() == nil, last == nil:
			return l, err
		}
		if !waits.sleep(ctx) {
			return nil, fmt.Errorf("backend: no broker listens on %q: %w (%w)", ln.address.Name, context.Cause(ctx), last)
		}
	}
}

// noListener reports whether err says that nothing listens on a control socket now: it does
// not exist, its listener is gone, or the listener's backlog is full.
func noListener(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EAGAIN)
}

// redial dials until there is a link. It returns nil when the listener closes, or drains.
func (ln *Listener) redial() *link {
	for waits := ln.redialWaits(); waits.sleep(ln.dialing); {
		l, err := ln.dial(ln.dialing)
		if err == nil {
			return l
		}
		ln.log.Info("broker not reached", "control", ln.address.Name, "error", err)
	}
	return nil
}

// redialWaits are the waits between dials. They double up to a limit, and each is drawn at
// random between half of it and all, so that the backends of a broker that comes back do not
// all dial at once.
type redialWaits struct{ next, limit time.Duration }

func (ln *Listener) redialWaits() *redialWaits {
	return &redialWaits{next: ln.o.RedialMin, limit: ln.o.RedialMax}
}

// sleep waits, and reports whether ctx has not ended.
func (w *redialWaits) sleep(ctx context.Context) bool {
	timer := time.NewTimer(w.next/2 + rand.N(w.next/2+1))
	defer timer.Stop()
	w.next = min(2*w.next, w.limit)
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attach makes l the listener's link, if the listener still serves.
func (ln *Listener) attach(l *link) bool {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	if ln.state != serving {
		return false
	}
	ln.link = l
	ln.counts.links++
	return true
}

// detach forgets the link, which has ended. It returns whether another one must be dialled.
func (ln *Listener) detach() bool {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	ln.link = nil
	return ln.state == serving
}
