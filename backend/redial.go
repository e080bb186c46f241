package backend

import (
	"math/rand/v2"
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

// redial dials until there is a link. Its waits double, and each is drawn at random, so that
// the backends of a broker that comes back do not all dial at once. It returns nil when
// the listener closes, or drains.
func (ln *Listener) redial() *link {
	for wait := ln.o.RedialMin; ; wait = min(2*wait, ln.o.RedialMax) {
		timer := time.NewTimer(wait/2 + rand.N(wait/2+1))
		select {
		case <-timer.C:
		case <-ln.dialing.Done():
			timer.Stop()
			return nil
		}
		l, err := ln.dial(ln.dialing)
		if err == nil {
			return l
		}
		ln.log.Info("broker not reached", "control", ln.address.Name, "error", err)
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
