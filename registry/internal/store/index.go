package store

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

// minSlots is the smallest table that an index keeps.
const minSlots = 64

// index finds a record by its key: open addressing with linear probing. A slot
// has the hash of a key in its upper half and the number of the record in its
// lower half; 0 is an empty slot. Deletion moves the entries behind it back, so
// that there are no tombstones and the table holds live entries only.
type index struct {
	slots []uint64
	used  int
	seed  [2]uint64 // random, so that a caller whose tokens come from a counter cannot choose collisions
}

func newIndex() index {
	var b [16]byte
	rand.Read(b[:])
	return index{
		slots: make([]uint64, minSlots),
		seed:  [2]uint64{binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:])},
	}
}

// hash mixes all 16 bytes: a multiplication spreads every bit of both halves.
func (x *index) hash(k *Key) uint32 {
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(k[:8])^x.seed[0], binary.LittleEndian.Uint64(k[8:])^x.seed[1])
	return uint32((hi ^ lo) >> 32)
}

// find returns the number of the record with key k, or 0.
func (x *index) find(records *slab[Record], k *Key) uint32 {
	h := x.hash(k)
	mask := uint32(len(x.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		slot := x.slots[i]
		if slot == 0 {
			return 0
		}
		if uint32(slot>>32) == h && records.at(uint32(slot)).Key.same(k) {
			return uint32(slot)
		}
	}
}

// add enters record n under k, which must not be in the index.
func (x *index) add(k *Key, n uint32) {
	if x.used++; x.used*8 > len(x.slots)*5 {
		x.resize(len(x.slots) * 2)
	}
	x.put(uint64(x.hash(k))<<32 | uint64(n))
}

func (x *index) put(slot uint64) {
	mask := uint32(len(x.slots) - 1)
	i := uint32(slot>>32) & mask
	for x.slots[i] != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = slot
}

// remove deletes record n, which must be in the index under k.
func (x *index) remove(k *Key, n uint32) {
	slot := uint64(x.hash(k))<<32 | uint64(n)
	mask := uint32(len(x.slots) - 1)
	hole := uint32(slot>>32) & mask
	for x.slots[hole] != slot {
		hole = (hole + 1) & mask
	}
	for i := (hole + 1) & mask; x.slots[i] != 0; i = (i + 1) & mask {
		home := uint32(x.slots[i]>>32) & mask
		if (i-home)&mask >= (i-hole)&mask { // its probe sequence runs through the hole
			x.slots[hole] = x.slots[i]
			hole = i
		}
	}
	x.slots[hole] = 0
	if x.used--; len(x.slots) > minSlots && x.used*8 < len(x.slots) {
		x.resize(len(x.slots) / 2)
	}
}

func (x *index) resize(n int) {
	old := x.slots
	x.slots = make([]uint64, n)
	for _, slot := range old {
		if slot != 0 {
			x.put(slot)
		}
	}
}
