package registry_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

// TestAllocs checks that the hot path does not allocate, whether the registry is
// empty or a thousand handoffs are pending.
func TestAllocs(t *testing.T) {
	needsExactCosts(t)
	for _, pending := range []int{0, 1000} {
		r := open(t, registry.Options{MaxPending: 2000})
		for range pending {
			begin(t, r, epoch)
		}
		later := epoch.Add(time.Second)
		for name, life := range map[string]func(){
			"begin, consume, acknowledge": func() {
				token, _ := r.Begin(cache, later)
				_ = r.Consume(token, token, later)
				_, _ = r.Acknowledge(token, later)
			},
			"issue, register, abandon": func() {
				token, _ := r.Issue(later)
				_ = r.Register(token, cache, later)
				r.Abandon(token)
			},
			"idle sweep": func() {
				r.ExpireOverdue(later)
				r.NextDeadline()
			},
			"refusals": func() {
				_, _ = r.Acknowledge(registry.Token{}, later)
				_ = r.Consume(registry.Token{}, registry.Token{}, later)
				_, _ = r.Expire(registry.Token{}, later)
			},
		} {
			require.Zero(t, testing.AllocsPerRun(200, life), "%s with %d pending", name, pending)
		}
		require.Equal(t, pending, r.Len())
	}
}

// A registry whose count moves back and forth across a chunk's size must not
// allocate and free a chunk each time.
func TestNoAllocsAtAChunkBoundary(t *testing.T) {
	needsExactCosts(t)
	for pending := 250; pending < 260; pending++ {
		r := open(t, registry.Options{})
		tokens := make([]registry.Token, pending)
		for i := range tokens {
			tokens[i] = begin(t, r, epoch)
		}
		i := 0
		require.Zero(t, testing.AllocsPerRun(500, func() {
			for range 3 { // leave from anywhere, enter three
				r.Abandon(tokens[i%pending])
				i += 7
			}
			for range 3 {
				i -= 7
				tokens[i%pending], _ = r.Begin(cache, epoch)
			}
		}), "%d pending", pending)
	}
}

// TestMemoryComesBack checks that memory follows what is live, that of names from
// clients included.
func TestMemoryComesBack(t *testing.T) {
	needsExactCosts(t)
	const million = 1_000_000
	before := heap()
	r := open(t, registry.Options{MaxPending: million})
	for i := range million {
		_, err := r.Begin(registry.Backend{Service: fmt.Sprintf("a service with the number %d", i)}, epoch)
		require.NoError(t, err)
	}
	require.Equal(t, million, r.Len())
	full := heap() - before
	require.Len(t, r.ExpireOverdue(epoch.Add(time.Hour)), million)
	left := heap() - before
	t.Logf("heap with a million pending, each of its own service: %d MB; after: %d kB", full>>20, left>>10)
	require.Less(t, left, int64(8<<20))
	require.Greater(t, full, int64(32<<20), "the measurement must see the memory that is freed")
	runtime.KeepAlive(r)
}

// A record that stays keeps the memory of its chunk and no more: here one record in
// a thousand stays. When these have gone too, no chunk is left.
func TestARemainingRecordKeepsOneChunk(t *testing.T) {
	needsExactCosts(t)
	const many = 300_000
	before := heap()
	r := open(t, registry.Options{MaxPending: many, AckDeadline: time.Second, TokenTTL: time.Hour})
	for i := range many {
		if i%1000 == 0 {
			issue(t, r, epoch)
			continue
		}
		begin(t, r, epoch)
	}
	r.ExpireOverdue(epoch.Add(time.Minute))
	require.Equal(t, many/1000, r.Tokens())
	scattered := heap() - before
	require.Less(t, scattered, int64(many/1000*64*64+(1<<20)), "64 records of 64 bytes at most, each")
	r.ExpireOverdue(epoch.Add(2 * time.Hour))
	require.Zero(t, r.Tokens())
	left := heap() - before
	t.Logf("%d remaining records keep %d kB; after them: %d kB", many/1000, scattered>>10, left>>10)
	require.Less(t, left, int64(1<<20))
	runtime.KeepAlive(r)
}

// A chunk that is made and freed again and again costs nothing: the latest one is kept for the next
// time, and its place is used again, or 8 bytes for each would be left.
func TestAFreedChunkIsUsedAgain(t *testing.T) {
	needsExactCosts(t)
	r := open(t, registry.Options{})
	var first [64]registry.Token
	for i := range first {
		first[i] = begin(t, r, epoch)
	}
	again := func() {
		second, _ := r.Begin(cache, epoch) // makes the second chunk
		r.Abandon(first[0])
		r.Abandon(second) // frees it, as the first has room now
		first[0], _ = r.Begin(cache, epoch)
	}
	require.Zero(t, testing.AllocsPerRun(100, again))
	before := heap()
	for range 200_000 {
		again()
	}
	require.Less(t, heap()-before, int64(1<<19))
	runtime.KeepAlive(r)
}

// The chunk that is kept for the next time is one chunk only: no two records share a place.
func TestAFreedChunkIsUsedOnce(t *testing.T) {
	r := open(t, registry.Options{})
	first := make([]registry.Token, 65)
	for i := range first {
		first[i] = begin(t, r, epoch)
	}
	r.Abandon(first[0])
	r.Abandon(first[64]) // frees the second chunk
	names := map[registry.Token]registry.Backend{}
	for pid := range 300 {
		b := registry.Backend{Service: "another", PID: pid}
		token, err := r.Begin(b, epoch)
		require.NoError(t, err)
		names[token] = b
	}
	for token, b := range names {
		is, pending := r.Backend(token)
		require.True(t, pending)
		require.Equal(t, b, is)
	}
}

// A name may be part of a large message, whose memory must not be kept.
func TestNamesPinNoBufferOfTheCaller(t *testing.T) {
	needsExactCosts(t)
	const megabyte = 1 << 20
	r := open(t, registry.Options{})
	before := heap()
	for pid := range 64 {
		message := strings.Repeat("x", megabyte)
		_, err := r.Begin(registry.Backend{Service: message[:8], PID: pid}, epoch)
		require.NoError(t, err)
	}
	require.Less(t, heap()-before, int64(megabyte))
	runtime.KeepAlive(r)
}

// needsExactCosts skips a test under the race detector, which allocates itself. The
// test runs in every build without it.
func needsExactCosts(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Close looks a second time for what a callback that fails has left. Where nothing is left, that
// costs no batch.
func TestCloseOfAnEmptyRegistryAllocatesNothing(t *testing.T) {
	needsExactCosts(t)
	const runs = 50
	var open []*registry.Registry
	for range runs + 1 { // AllocsPerRun warms up with one more
		r, err := registry.New(registry.Options{})
		require.NoError(t, err)
		open = append(open, r)
	}
	require.Zero(t, testing.AllocsPerRun(runs, func() {
		open[0].Close()
		open = open[1:]
	}))
}
