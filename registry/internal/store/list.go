package store

// links chain records into a list; 0 is none.
type links struct{ prev, next uint32 }

// The indices of Record.links: a record is in one list of each kind at most.
const (
	byEnd  = 0 // Store.ack or Store.ttl
	issued = 1 // Store.issued
)

// list is a queue of records in the order of their ends, equal ends in the
// order of arrival.
type list struct {
	chain      int
	head, tail uint32
}

// insert puts record n where its end belongs. It looks from the tail, where the
// place is found at once unless the caller's clock stepped back.
func (l *list) insert(records *slab[Record], n uint32) {
	rec := records.at(n)
	prev, next := l.tail, uint32(0)
	for prev != 0 {
		p := records.at(prev)
		if p.End <= rec.End {
			break
		}
		prev, next = p.links[l.chain].prev, prev
	}
	rec.links[l.chain] = links{prev, next}
	l.join(records, prev, next, n, n)
}

// remove takes record n out.
func (l *list) remove(records *slab[Record], n uint32) {
	rec := records.at(n)
	at := rec.links[l.chain]
	l.join(records, at.prev, at.next, at.next, at.prev)
	rec.links[l.chain] = links{}
}

// join makes next the one after prev and prev the one before next, as seen from
// prev and from next, where 0 stands for the ends of the list.
func (l *list) join(records *slab[Record], prev, next, afterPrev, beforeNext uint32) {
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
