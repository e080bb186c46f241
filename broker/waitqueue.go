package broker

import (
	"slices"
	"sync"
	"sync/atomic"
)

// waitQueue holds the connections that wait for a busy backend of one service. The zero waitQueue
// is empty; it must not be copied, and its methods are safe for concurrent use.
//
// Newcomers, which no backend was offered yet, are served first come, first served: only the first
// is told of free capacity, and whoever leaves wakes the next, so that capacity costs one look
// however many wait. That is enough because all newcomers may use the same backends. A connection
// that was offered before may not use every backend: it waits beside the newcomers, and is told of
// every change.
type waitQueue struct {
	// How many wait, to be read without the lock: most of the time nobody does.
	newcomers, retrying atomic.Int32

	mu     sync.Mutex
	first  []*waiter // the newcomers, in order
	again  []*waiter // those that were offered before
	closed bool      // the last backend of the service is gone
}

// waiter is one connection in a waitQueue.
type waiter struct {
	queue    *waitQueue
	newcomer bool
	wake     chan struct{} // holds at most one announcement: it is time to look for a backend
}

// join adds a connection. It is told to look at once if nobody is before it, because capacity that
// there was earlier is not announced again. join returns nil if the queue is closed.
func (q *waitQueue) join(newcomer bool) *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil
	}
	w := &waiter{queue: q, newcomer: newcomer, wake: make(chan struct{}, 1)}
	if newcomer {
		q.first = append(q.first, w)
	} else {
		q.again = append(q.again, w)
	}
	q.countLocked()
	if !newcomer || q.first[0] == w {
		w.announce()
	}
	return w
}

// leave removes the connection, for whatever reason, and wakes the next newcomer: w may have been
// told of capacity that it did not use.
func (w *waiter) leave() {
	q := w.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	is := func(other *waiter) bool { return other == w }
	q.first = slices.DeleteFunc(q.first, is)
	q.again = slices.DeleteFunc(q.again, is)
	q.countLocked()
	q.announceFirstLocked()
}

// queueClosed reports whether the backends that w waits for are all gone.
func (w *waiter) queueClosed() bool {
	w.queue.mu.Lock()
	defer w.queue.mu.Unlock()
	return w.queue.closed
}

// hasNewcomers reports whether a connection that was not offered yet must queue up: others came
// before it.
func (q *waitQueue) hasNewcomers() bool { return q.newcomers.Load() > 0 }

// notifyCapacity says that a backend may take one more connection, or that the backends changed.
// The caller must hold no lock of a link: whoever wakes takes it.
func (q *waitQueue) notifyCapacity() {
	if q.newcomers.Load() == 0 && q.retrying.Load() == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.announceFirstLocked()
	for _, w := range q.again {
		w.announce()
	}
}

// close says that the service has no backend any more. Everybody is woken, and nobody can join:
// there is another queue as soon as there is another backend.
func (q *waitQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, w := range slices.Concat(q.first, q.again) {
		w.announce()
	}
}

func (q *waitQueue) countLocked() {
	q.newcomers.Store(int32(len(q.first)))
	q.retrying.Store(int32(len(q.again)))
}

func (q *waitQueue) announceFirstLocked() {
	if len(q.first) > 0 {
		q.first[0].announce()
	}
}

// announce tells w to look. While it has not looked, one announcement stands for all.
func (w *waiter) announce() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
