package store

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Each structure of the store is compared with an obvious one. A fault in them
// may need a sequence of operations that few tests of the registry reach.

func TestSlabKeepsWhatIsLiveAndGivesBackTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s slab[int]
		live := map[uint32]int{}
		var order []uint32
		for range rapid.IntRange(1, 12).Draw(t, "phases") {
			n := rapid.IntRange(0, 3*chunkSize).Draw(t, "n")
			if rapid.Bool().Draw(t, "fill") {
				for range n {
					i := s.take()
					require.NotZero(t, i)
					require.Zero(t, *s.at(i), "taken again without being cleared")
					require.NotContains(t, live, i)
					*s.at(i) = len(live) + 1
					live[i] = len(live) + 1
					order = append(order, i)
				}
			} else {
				for range min(n, len(order)) {
					k := rapid.IntRange(0, len(order)-1).Draw(t, "k")
					s.give(order[k])
					delete(live, order[k])
					order = slices.Delete(order, k, k+1)
				}
			}
			for i, v := range live {
				require.Equal(t, v, *s.at(i))
			}
		}
		for _, i := range order {
			s.give(i)
		}
		held := 0
		for _, c := range s.chunks {
			if c != nil {
				held++
			}
		}
		require.LessOrEqual(t, held, 1, "all values are gone")
	})
}

func TestIndexFindsWhatAMapFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newIndex()
		if rapid.Bool().Draw(t, "clashing") {
			x.seed = [2]uint64{} // counters then hash to few values: long clusters that wrap around
		}
		var records slab[Record]
		known := map[Key]uint32{}
		var order []Key
		for step := range rapid.IntRange(1, 400).Draw(t, "steps") {
			if len(order) > 0 && rapid.IntRange(0, 4).Draw(t, "remove") < rapid.IntRange(0, 5).Draw(t, "bias") {
				k := rapid.IntRange(0, len(order)-1).Draw(t, "k")
				key := order[k]
				x.remove(&key, known[key])
				records.give(known[key])
				delete(known, key)
				order = slices.Delete(order, k, k+1)
			} else {
				key := Key{}
				binary.LittleEndian.PutUint64(key[:], uint64(step))
				binary.LittleEndian.PutUint64(key[8:], rapid.Uint64Range(1, 3).Draw(t, "half"))
				n := records.take()
				records.at(n).Key = key
				x.add(&key, n)
				known[key] = n
				order = append(order, key)
			}
			for _, key := range order {
				require.Equal(t, known[key], x.find(&records, &key))
			}
			absent := Key{15: 9}
			require.Zero(t, x.find(&records, &absent))
			require.Equal(t, len(order), x.used)
			require.LessOrEqual(t, x.used*8, len(x.slots)*5)
			require.True(t, len(x.slots) == minSlots || x.used*8 >= len(x.slots), "%d slots for %d", len(x.slots), x.used)
		}
	})
}

func TestListStaysInTheOrderOfEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chain := rapid.IntRange(0, 1).Draw(t, "chain")
		l := list{chain: chain}
		var records slab[Record]
		var naive []uint32
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			if len(naive) > 0 && rapid.Bool().Draw(t, "remove") {
				k := rapid.IntRange(0, len(naive)-1).Draw(t, "k")
				l.remove(&records, naive[k])
				require.Zero(t, records.at(naive[k]).links[chain])
				records.give(naive[k])
				naive = slices.Delete(naive, k, k+1)
			} else {
				n := records.take()
				records.at(n).End = Instant(rapid.IntRange(-5, 5).Draw(t, "end"))
				l.insert(&records, n)
				at := len(naive)
				for at > 0 && records.at(naive[at-1]).End > records.at(n).End {
					at--
				}
				naive = slices.Insert(naive, at, n)
			}
			var forward, backward []uint32
			for n := l.head; n != 0; n = records.at(n).links[chain].next {
				forward = append(forward, n)
			}
			for n := l.tail; n != 0; n = records.at(n).links[chain].prev {
				backward = append(backward, n)
			}
			slices.Reverse(backward)
			require.Equal(t, forward, backward)
			require.True(t, slices.Equal(naive, forward), "%v, not %v", forward, naive)
		}
	})
}

func TestBackendsForgetsAllButAFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var k backends
		handoffs := map[Backend]int{}
		var order []Backend
		for range rapid.IntRange(1, 600).Draw(t, "steps") {
			if len(order) > 0 && rapid.IntRange(0, 2).Draw(t, "release") > 0 {
				i := rapid.IntRange(0, len(order)-1).Draw(t, "i")
				b := order[i]
				k.release(k.find(b))
				handoffs[b]--
				order = slices.Delete(order, i, i+1)
			} else {
				b := Backend{PID: rapid.IntRange(1, 400).Draw(t, "pid")}
				n := k.find(b)
				if n == 0 {
					n = k.add(b)
				}
				k.hold(n)
				handoffs[b]++
				order = append(order, b)
			}
			pending := 0
			for b, n := range handoffs {
				if n > 0 {
					pending++
					require.Equal(t, b, k.known.at(uint32(k.find(b))).Backend)
				}
			}
			require.LessOrEqual(t, len(k.numbers), pending+maxIdle)
		}
	})
}

// A million names that each had one handoff leave no map of a million behind.
func TestBackendsShrinks(t *testing.T) {
	var k backends
	const many = 100_000
	for i := range many {
		k.hold(k.add(Backend{PID: i + 1}))
	}
	for i := range many {
		k.release(k.find(Backend{PID: i + 1}))
	}
	require.Len(t, k.numbers, maxIdle)
	require.Less(t, k.peak, 16*maxIdle+1)
	for i := many - maxIdle; i < many; i++ {
		require.NotZero(t, k.find(Backend{PID: i + 1}), "the latest few are remembered")
	}
}
