package fallback_test

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/fallback"
)

const (
	million  = 1_000_000
	few      = 100_000
	megabyte = 1 << 20
)

// Very many names fail once, the i-th at start + i ns. Then their memory must be freed,
// in each case by other calls.
func TestMemoryOfNamesThatFailedOnceComesBack(t *testing.T) {
	const window = time.Hour
	over := start.Add(window) // of the first name

	for name, end := range map[string]struct {
		names  int
		happen func(*fallback.Limiter)
		left   int
	}{
		"when all are over and another is checked": {million, func(l *fallback.Limiter) {
			l.Check("another", over.Add(million))
		}, 0},
		"when all but the youngest are over": {million, func(l *fallback.Limiter) {
			l.Check("another", over.Add(million-1001))
		}, 1000},
		"when all are over and another fails": {few, func(l *fallback.Limiter) {
			l.Fail("another", over.Add(few))
		}, 1},
		"when they go by and by": {few, func(l *fallback.Limiter) {
			for i := range few {
				l.Check("another", over.Add(time.Duration(i)))
			}
		}, 0},
		"when all succeed": {few, func(l *fallback.Limiter) {
			for i := range few {
				l.Succeed(strconv.Itoa(i))
			}
		}, 0},
		"when the clock stepped back": {few, func(l *fallback.Limiter) {
			l.Fail("earlier", start.Add(-2*window))
			l.Fail("between", start.Add(few/2))
			l.Check("another", over.Add(few))
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			limiter := newLimiter(t, 8, window)
			before := heap()
			for i := range end.names {
				limiter.Fail(strconv.Itoa(i), start.Add(time.Duration(i)))
			}
			full := heap() - before
			t.Logf("full: %d bytes a name", full/int64(end.names))
			require.Less(t, full, int64(200*end.names), "as the doc says")
			require.Greater(t, full, int64(5*megabyte), "or there would be nothing to give back")

			end.happen(limiter)

			held, consistent := limiter.Held()
			require.True(t, consistent)
			require.Len(t, held, end.left)
			held = nil
			require.Less(t, heap()-before, int64(megabyte))
			runtime.KeepAlive(limiter)
		})
	}
}

func TestNamesPinNoBufferOfTheCaller(t *testing.T) {
	limiter := newLimiter(t, 8, time.Hour)
	before := heap()
	for i := range 64 {
		message := strconv.Itoa(i) + strings.Repeat("x", megabyte)
		limiter.Fail(message[:8], start)
	}
	require.Less(t, heap()-before, int64(megabyte))
	runtime.KeepAlive(limiter)
}

// heap returns the number of live bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
