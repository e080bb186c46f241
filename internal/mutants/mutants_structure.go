package main

// structureMutants are in what the registry is built on: lists, index, slab,
// names. Records get lost or mixed up by them.
func structureMutants() []mutant {
	return []mutant{{
		name: "list-removal-leaves-a-pointer", breaks: "G1", must: byProptest, file: "registry/internal/store/list.go",
		says: "whoever follows a removed record still points back at it",
		old:  `l.join(records, at.prev, at.next, at.next, at.prev)`,
		new:  `l.join(records, at.prev, at.next, at.next, n)`,
	}, {
		name: "list-order-off-by-a-nanosecond", breaks: "G7", must: byProptest, file: "registry/internal/store/list.go",
		says: "a record is put before one that ends a nanosecond sooner",
		old:  `		if p.End <= rec.End {`,
		new:  `		if p.End < rec.End-1 {`,
	}, {
		name: "index-shift-off-by-one", breaks: "G1", must: byProptest, file: "registry/internal/store/index.go",
		says: "deletion does not move back a record whose place is the hole itself",
		old:  `(i-home)&mask >= (i-hole)&mask {`,
		new:  `(i-home)&mask > (i-hole)&mask {`,
	}, {
		name: "index-growth-forgets-the-first-slot", breaks: "G1", must: byProptest, file: "registry/internal/store/index.go",
		says:  "a table that grows or shrinks loses what was in its first slots",
		hangs: true,
		old:   `for _, slot := range old {`,
		new:   `for _, slot := range old[len(old)/8:] {`,
	}, {
		name: "slab-gives-a-slot-twice", breaks: "G1", must: byProptest, file: "registry/internal/store/slab.go",
		says: "a freed slot stays on the free list when it is taken",
		old: `		c.freed--
		slot = int(c.free[c.freed])
`,
		new: `		slot = int(c.free[c.freed-1])
`,
	}, {
		name: "slab-forgets-freed-slots", breaks: "G5", must: byProptest, file: "registry/internal/store/slab.go",
		says: "a freed slot is not put on the free list, so that a chunk runs out",
		old: `	c.free[c.freed] = uint8(slot)
	c.freed++
`,
		new: `	c.free[c.freed] = uint8(slot)
`,
	}, {
		name: "slab-does-not-clear", breaks: "G2", must: byProptest, file: "registry/internal/store/slab.go",
		says: "a new record begins as what the old one in its place was",
		old: `	clear(c.values[slot : slot+1])
`,
		new: ``,
	}, {
		name: "slab-full-chunk-stays-listed", breaks: "G1", must: byProptest, file: "registry/internal/store/slab.go",
		says: "a full chunk still counts as one with room",
		old: `	if c.used == chunkSize {
		s.unlink(pos)
	}
`,
		new: `	if c.used == chunkSize && s.partial != pos+1 {
		s.unlink(pos)
	}
`,
	}, {
		name: "busy-backend-forgotten", breaks: "G1", must: byProptest, file: "registry/internal/store/backends.go",
		says: "a backend that has handoffs again is forgotten when its turn among the idle comes",
		old: `	b.idle = false
	if b.handoffs > 0 {
`,
		new: `	b.idle = false
	if b.handoffs > 1 {
`,
	}, {
		name: "name-freed-while-known", breaks: "G1", must: byProptest, file: "registry/internal/store/backends.go",
		says: "the number of a backend without handoffs goes to another, under the old name too",
		old: `	b.idle = true
	forget := k.idle[k.oldest]
`,
		new: `	k.known.give(uint32(n))
	forget := k.idle[k.oldest]
`,
	}, {
		name: "backend-known-by-service-only", breaks: "G1", must: byProptest, file: "registry/internal/store/backends.go",
		says: "two processes of one service are taken for the same backend",
		old:  `func (k *backends) find(b Backend) BackendID { return k.numbers[b] }`,
		new: `func (k *backends) find(b Backend) BackendID {
	for known, n := range k.numbers {
		if known.Service == b.Service {
			return n
		}
	}
	return 0
}`,
	}}
}
