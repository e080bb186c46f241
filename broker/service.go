package broker

import (
	"slices"
	"sync"
	"time"

	"github.com/handoff-go/handoff/registry"
)

// service is one service while it has links, with its settings resolved.
type service struct {
	name      string
	deadline  time.Duration
	margin    time.Duration
	reconnect string
	disabled  bool
	uids      []int // nil: the broker's own user
	registry  *registry.Registry

	mu    sync.Mutex
	links []*link
	next  int // where the search for the least loaded link begins

	queue waitQueue // has a lock of its own
}

// service returns the service of that name: the one with links, or a new one; nil if
// Options.Services does not list it.
func (b *Broker) service(name string) *service {
	b.mu.Lock()
	s := b.services[name]
	b.mu.Unlock()
	if s != nil {
		return s
	}
	set, listed := b.o.Services[name]
	if !listed && b.o.Services != nil {
		return nil
	}
	s = &service{name: name, deadline: set.AckDeadline, reconnect: set.Reconnect, disabled: set.Disabled, uids: set.UIDs}
	if s.deadline == 0 {
		s.deadline = b.o.AckDeadline
	}
	if s.reconnect == "" {
		s.reconnect = b.o.Reconnect
	}
	switch {
	case b.o.Margin == 0:
		s.margin = s.deadline / 4
	case b.o.Margin > 0:
		s.margin = min(b.o.Margin, s.deadline)
	}
	s.registry = b.registries[s.deadline]
	return s
}

// join adds a link to its service. It returns false after Shutdown began.
func (b *Broker) join(l *link) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shuttingDown {
		return false
	}
	if s := b.services[l.service.name]; s != nil {
		l.mu.Lock() // a flushing goroutine may read it
		l.service = s
		l.mu.Unlock()
	} else {
		b.services[l.service.name] = l.service
	}
	l.service.mu.Lock()
	defer l.service.mu.Unlock()
	l.service.links = append(l.service.links, l)
	return true
}

// part removes a link from its service, and the service with its last link.
func (b *Broker) part(l *link) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := l.service
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links = slices.DeleteFunc(s.links, func(other *link) bool { return other == l })
	if len(s.links) == 0 && b.services[s.name] == s {
		delete(b.services, s.name)
		s.queue.close()
		return
	}
	s.queue.notifyCapacity() // a link that is gone is not busy
}

// joinQueue has a connection wait for a backend of the service; nil: the service has none.
func (b *Broker) joinQueue(name string, newcomer bool) *waiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.services[name]; s != nil {
		return s.queue.join(newcomer)
	}
	return nil
}

// budget returns the longest time until the outcome of a connection is known: all attempts, with
// their settling.
func (b *Broker) budget(s *service) time.Duration {
	return time.Duration(b.o.Attempts) * (s.deadline + b.o.SettleTimeout)
}
