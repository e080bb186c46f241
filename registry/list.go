package registry

import "github.com/handoff-go/handoff/fsm"

// record is a live token and, once registered, its handoff. They are one thing:
// removing it is the revocation, so a handoff that has left while its token
// lives on cannot be written down. It holds no pointer, so that the garbage
// collector never looks into a million of them.
type record struct {
	token    Token
	end      instant // when it is over; the deadline once it is pending
	since    instant // when it became pending
	backend  uint32  // number in Registry.backends; 0 until it is pending
	links    [2]links
	state    fsm.State // invalid until it is pending; changes only through Next
	consumed bool      // pending, and its token was presented
	inAck    bool      // in Registry.ack rather than in Registry.ttl
}

func (rec *record) pending() bool { return rec.state == fsm.Pending }

// links chain records into a list; 0 is none.
type links struct{ prev, next uint32 }

// The chains a record can be in.
const (
	byEnd  = 0 // Registry.ack or Registry.ttl
	issued = 1 // Registry.issued
)

// list is a queue of records in the order of their ends, equal ends in the
// order of arrival.
type list struct {
	chain      int
	head, tail uint32
}

// insert puts record n where its end belongs. It looks from the tail, where the
// place is found at once unless the caller's clock stepped back.
func (l *list) insert(records *slab[record], n uint32) {
	rec := records.at(n)
	prev, next := l.tail, uint32(0)
	for prev != 0 {
		p := records.at(prev)
		if p.end <= rec.end {
			break
		}
		prev, next = p.links[l.chain].prev, prev
	}
	rec.links[l.chain] = links{prev, next}
	l.join(records, prev, next, n, n)
}

// remove takes record n out.
func (l *list) remove(records *slab[record], n uint32) {
	rec := records.at(n)
	at := rec.links[l.chain]
	l.join(records, at.prev, at.next, at.next, at.prev)
	rec.links[l.chain] = links{}
}

// join makes next the one after prev and prev the one before next, as seen from
// prev and from next, where 0 stands for the ends of the list.
func (l *list) join(records *slab[record], prev, next, afterPrev, beforeNext uint32) {
	if prev != 0 {
		records.at(prev).links[l.chain].next = afterPrev
	} else {
		l.head = afterPrev
	}
	if next != 0 {
		records.at(next).links[l.chain].prev = beforeNext
	} else {
		l.tail = beforeNext
	}
}
