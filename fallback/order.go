package fallback

import "time"

// A window is the failures of one backend. It is in the limiter's order from its
// first failure until it is forgotten.
type window struct {
	backend    string
	start      time.Time // of its first failure
	failures   int       // at least one, at most MaxFailures
	prev, next *window   // in the order
}

// An order is a list of windows, sorted by start and therefore by end. The zero
// order is empty.
type order struct {
	first, last *window
	recent      *window // the last one inserted, or a neighbour if that was removed; nil only when empty
}

// insert puts w in its place, and searches for it from the most recently inserted
// window. With a clock that never steps back that is the end of the list. When the
// clock does step back, the search is long once, and short for the windows after.
func (o *order) insert(w *window) {
	before := o.recent
	for before != nil && w.start.Before(before.start) {
		before = before.prev
	}
	for before != nil && before.next != nil && !w.start.Before(before.next.start) {
		before = before.next
	}
	after := o.first
	if before != nil {
		after = before.next
	}
	o.link(before, w)
	o.link(w, after)
	o.recent = w
}

// remove takes w out of the list, in which it must be.
func (o *order) remove(w *window) {
	if o.recent == w {
		o.recent = w.prev
		if o.recent == nil {
			o.recent = w.next
		}
	}
	o.link(w.prev, w.next)
}

// link makes b follow a. A nil a means that b is first, a nil b that a is last.
func (o *order) link(a, b *window) {
	if a != nil {
		a.next = b
	} else {
		o.first = b
	}
	if b != nil {
		b.prev = a
	} else {
		o.last = a
	}
}
