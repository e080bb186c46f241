package store

// maxIdle is how many backends without a pending handoff are remembered.
const maxIdle = 64

// Backend is a registry's Backend, which converts to it.
type Backend struct {
	Service string
	PID     int
}

// A BackendID is the number of a Backend that the store knows; 0 is none. It is
// valid until a record is removed.
type BackendID uint32

// backends keeps each Backend that has a pending handoff once, under a small
// number, so that a record holds no pointer. Names come from clients, and must
// not accumulate: a backend whose last handoff left is forgotten, except the
// latest few, which spares a busy service an allocation for each handoff.
type backends struct {
	numbers map[Backend]BackendID
	peak    int // the most that numbers held since it was made
	known   slab[knownBackend]
	idle    [maxIdle]BackendID // a ring of those that lost their last handoff
	oldest  int                // position of the one to forget next
}

type knownBackend struct {
	Backend
	handoffs int  // pending ones
	idle     bool // is in backends.idle
}

// find returns the number of b, or 0 if it is not known.
func (k *backends) find(b Backend) BackendID { return k.numbers[b] }

// add makes b known, which must not be, and returns its number.
func (k *backends) add(b Backend) BackendID {
	n := BackendID(k.known.take())
	k.known.at(uint32(n)).Backend = b
	if k.numbers == nil {
		k.numbers = make(map[Backend]BackendID)
	}
	k.numbers[b] = n
	k.peak = max(k.peak, len(k.numbers))
	return n
}

// hold counts a handoff of number n.
func (k *backends) hold(n BackendID) { k.known.at(uint32(n)).handoffs++ }

// release counts one handoff of number n less.
func (k *backends) release(n BackendID) {
	b := k.known.at(uint32(n))
	b.handoffs--
	if b.handoffs > 0 || b.idle {
		return
	}
	b.idle = true
	forget := k.idle[k.oldest]
	k.idle[k.oldest] = n
	k.oldest = (k.oldest + 1) % maxIdle
	if forget != 0 {
		k.forget(forget)
	}
}

// forget drops the backend that falls out of the ring, unless it has handoffs
// again.
func (k *backends) forget(n BackendID) {
	b := k.known.at(uint32(n))
	b.idle = false
	if b.handoffs > 0 {
		return
	}
	delete(k.numbers, b.Backend)
	k.known.give(uint32(n))
	if k.peak > 16*maxIdle && len(k.numbers) < k.peak/8 {
		k.shrink()
	}
}

// shrink copies the map: a Go map never gives memory back by itself.
func (k *backends) shrink() {
	numbers := make(map[Backend]BackendID, len(k.numbers))
	for b, n := range k.numbers {
		numbers[b] = n
	}
	k.numbers, k.peak = numbers, len(numbers)
}
