package store

// chunkSize is how many values a slab allocates at a time.
const chunkSize = 64

// slab keeps values of one type under small numbers. It allocates a chunk at a
// time and gives a chunk back once the last value in it is gone, so that memory
// follows what is live; at worst one value holds a chunk. The zero slab is ready
// to use; number 0 stands for none.
type slab[T any] struct {
	chunks  []*chunk[T]
	vacant  []uint32  // positions in chunks that hold no chunk
	partial uint32    // 1 + the position of the first chunk with room; 0: none
	spare   *chunk[T] // an empty chunk kept back, so that crossing a border does not allocate
}

type chunk[T any] struct {
	values     [chunkSize]T
	free       [chunkSize]uint8 // a stack of freed slots
	freed      int              // height of that stack
	fresh      int              // slots from here on were never used
	used       int
	prev, next uint32 // among the chunks with room, as slab.partial
}

// at returns the value with number i, which must be in use.
func (s *slab[T]) at(i uint32) *T {
	i--
	return &s.chunks[i/chunkSize].values[i%chunkSize]
}

// take returns the number of a zero value.
func (s *slab[T]) take() uint32 {
	if s.partial == 0 {
		s.grow()
	}
	pos := s.partial - 1
	c := s.chunks[pos]
	var slot int
	if c.freed > 0 {
		c.freed--
		slot = int(c.free[c.freed])
	} else {
		slot = c.fresh
		c.fresh++
	}
	c.used++
	if c.used == chunkSize {
		s.unlink(pos)
	}
	return pos*chunkSize + uint32(slot) + 1
}

// give takes number i back and clears its value.
func (s *slab[T]) give(i uint32) {
	i--
	pos, slot := i/chunkSize, i%chunkSize
	c := s.chunks[pos]
	clear(c.values[slot : slot+1])
	c.free[c.freed] = uint8(slot)
	c.freed++
	if c.used == chunkSize {
		s.link(pos)
	}
	c.used--
	if c.used == 0 && (s.partial != pos+1 || c.next != 0) {
		s.release(pos)
	}
}

func (s *slab[T]) grow() {
	c := s.spare
	s.spare = nil
	if c == nil {
		c = new(chunk[T])
	}
	pos := uint32(len(s.chunks))
	if n := len(s.vacant); n > 0 {
		pos, s.vacant = s.vacant[n-1], s.vacant[:n-1]
		s.chunks[pos] = c
	} else {
		s.chunks = append(s.chunks, c)
	}
	s.link(pos)
}

// release gives back an empty chunk. It is called only while another chunk has
// room.
func (s *slab[T]) release(pos uint32) {
	s.unlink(pos)
	c := s.chunks[pos]
	s.chunks[pos] = nil
	s.vacant = append(s.vacant, pos)
	c.freed, c.fresh = 0, 0
	s.spare = c
}

func (s *slab[T]) link(pos uint32) {
	c := s.chunks[pos]
	c.prev, c.next = 0, s.partial
	if s.partial != 0 {
		s.chunks[s.partial-1].prev = pos + 1
	}
	s.partial = pos + 1
}

func (s *slab[T]) unlink(pos uint32) {
	c := s.chunks[pos]
	if c.prev != 0 {
		s.chunks[c.prev-1].next = c.next
	} else {
		s.partial = c.next
	}
	if c.next != 0 {
		s.chunks[c.next-1].prev = c.prev
	}
	c.prev, c.next = 0, 0
}
