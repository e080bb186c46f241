package registry

// maxIdle is how many backends without a pending handoff are remembered.
const maxIdle = 64

// backends keeps each Backend that has a pending handoff once, under a small
// number, so that a record holds no pointer. Names come from clients: one whose
// last handoff left is forgotten, except the latest few, which spares a busy
// service an allocation for each handoff.
type backends struct {
	numbers map[Backend]uint32
	peak    int // the most that numbers held since it was made
	known   slab[knownBackend]
	idle    [maxIdle]uint32 // a ring of those that lost their last handoff
	oldest  int             // position of the one to forget next
}

type knownBackend struct {
	Backend
	handoffs int  // pending ones
	idle     bool // is in the ring
}

// find returns the number of b, or 0 if it is not known.
func (k *backends) find(b Backend) uint32 { return k.numbers[b] }

// add makes b known, which find did not, and returns its number.
func (k *backends) add(b Backend) uint32 {
	n := k.known.take()
	k.known.at(n).Backend = b
	if k.numbers == nil {
		k.numbers = make(map[Backend]uint32)
	}
	k.numbers[b] = n
	k.peak = max(k.peak, len(k.numbers))
	return n
}

// hold counts a handoff of number n.
func (k *backends) hold(n uint32) { k.known.at(n).handoffs++ }

// release counts a handoff of number n less.
func (k *backends) release(n uint32) {
	b := k.known.at(n)
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

// forget is called for what falls out of the ring; a backend that has handoffs
// again stays.
func (k *backends) forget(n uint32) {
	b := k.known.at(n)
	b.idle = false
	if b.handoffs > 0 {
		return
	}
	delete(k.numbers, b.Backend)
	k.known.give(n)
	if k.peak > 16*maxIdle && len(k.numbers) < k.peak/8 {
		k.shrink()
	}
}

// shrink copies what is left: a Go map keeps the size it once had.
func (k *backends) shrink() {
	numbers := make(map[Backend]uint32, len(k.numbers))
	for b, n := range k.numbers {
		numbers[b] = n
	}
	k.numbers, k.peak = numbers, len(numbers)
}
