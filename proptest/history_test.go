package proptest_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

var (
	histories = flag.Int("histories", 10_000, "how many fresh concurrent histories to check; fewer with -short or -race")
	first     = flag.Uint64("histories.seed", 0, "the seed of the first of them; 0: a random one")
)

// The histories of RunConcurrent are few, and come from the same seeds each time.
// These do not.
func TestFreshHistoriesHaveAnOrder(t *testing.T) {
	seed := *first
	if seed == 0 {
		seed = 1 + rand.Uint64N(1<<60)
	}
	t.Logf("-histories.seed=%d", seed)
	proptest.Histories(t, ours, seed, *histories/fewer(10), time.Minute)
}

// What has not returned may have taken effect since it began, or not, but not both,
// and not before.
func TestACallThatNeverReturnsIsOpen(t *testing.T) {
	begun := proptest.Call{Called: 1, Returned: 2, Op: "Begin", Token: 1}
	acked := func(called int64, err error) proptest.Call {
		return proptest.Call{Called: called, Returned: called + 1, Op: "Acknowledge", Token: 1, Err: err}
	}
	stats := func(called int64, n uint64) proptest.Call {
		return proptest.Call{Called: called, Returned: called + 1, Op: "Stats",
			Stats: registry.Stats{Issued: n, Registered: n, Pending: int(n), Tokens: int(n)}}
	}
	refused := registry.ErrNotPending
	for claim, h := range map[string]struct {
		calls []proptest.Call
		holds bool
	}{
		"it took effect":          {[]proptest.Call{begun, {Called: 3, Op: "Acknowledge", Token: 1}, acked(4, refused)}, true},
		"it did not yet":          {[]proptest.Call{begun, {Called: 3, Op: "Acknowledge", Token: 1}, acked(4, nil)}, true},
		"it did only then":        {[]proptest.Call{begun, {Called: 3, Op: "Abandon", Token: 1}, stats(4, 1), acked(6, refused)}, true},
		"it does so once":         {[]proptest.Call{begun, {Called: 3, Op: "Acknowledge", Token: 1}, acked(4, nil), acked(6, nil)}, false},
		"it does not before":      {[]proptest.Call{begun, acked(3, refused), {Called: 5, Op: "Acknowledge", Token: 1}}, false},
		"it does not undo":        {[]proptest.Call{begun, {Called: 3, Op: "Abandon", Token: 1}, acked(4, refused), acked(6, nil)}, false},
		"nothing else explains":   {[]proptest.Call{begun, {Called: 3, Op: "Expire", Token: 1}, acked(4, refused)}, false},
		"a sweep took it":         {[]proptest.Call{begun, {Called: 3, Op: "ExpireOverdue", Now: 10}, acked(4, refused)}, true},
		"a sweep took it early":   {[]proptest.Call{begun, {Called: 3, Op: "ExpireOverdue", Now: 9}, acked(4, refused)}, false},
		"a token was made":        {[]proptest.Call{{Called: 1, Op: "Begin"}, stats(2, 1)}, true},
		"none was yet":            {[]proptest.Call{{Called: 1, Op: "Begin"}, stats(2, 0), stats(4, 1)}, true},
		"and it has its bytes":    {[]proptest.Call{{Called: 1, Op: "Begin"}, acked(2, nil)}, true},
		"one was made, not two":   {[]proptest.Call{{Called: 1, Op: "Begin"}, stats(2, 2)}, false},
		"it was closed":           {[]proptest.Call{{Called: 1, Op: "Close"}, acked(2, registry.ErrClosed)}, true},
		"it was closed for good":  {[]proptest.Call{begun, {Called: 3, Op: "Close"}, acked(4, registry.ErrClosed), acked(6, nil)}, false},
		"a question does nothing": {[]proptest.Call{begun, {Called: 3, Op: "Stats"}, acked(4, refused)}, false},
	} {
		require.Equal(t, h.holds, proptest.Explained(t, h.calls), claim)
	}
}

// drawInto puts the pictures of histories into a folder, until the test ends.
func drawInto(t *testing.T, dir string) {
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // its name on Windows
}

// hangs is a registry that never returns from its first ACK that succeeds: before
// it takes effect or after.
type hangs struct {
	*registry.Registry
	after   bool
	once    *sync.Once
	forever <-chan struct{}
}

func (r hangs) Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error) {
	if _, pending := r.Backend(t); pending {
		if r.after {
			defer r.once.Do(func() { <-r.forever })
		} else {
			r.once.Do(func() { <-r.forever })
		}
	}
	return r.Registry.Acknowledge(t, now)
}

// oneAtATime calls back under its lock: whoever is held there holds everybody.
type oneAtATime struct {
	proptest.Registry
	mu *sync.Mutex
}

func (r oneAtATime) Begin(b registry.Backend, now time.Time) (registry.Token, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Registry.Begin(b, now)
}

func (r oneAtATime) Acknowledge(t registry.Token, now time.Time) (registry.Acknowledged, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Registry.Acknowledge(t, now)
}

// A call that does not return, though nothing holds it, is told with the history
// that it is in.
func TestARegistryThatHangsIsFound(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	for name, hanging := range map[string]factory{
		"before it takes effect": wrapped(func(r *registry.Registry) proptest.Registry { return hangs{r, false, new(sync.Once), forever} }),
		"after it took effect":   wrapped(func(r *registry.Registry) proptest.Registry { return hangs{r, true, new(sync.Once), forever} }),
		"for one that is held":   wrapped(func(r *registry.Registry) proptest.Registry { return oneAtATime{r, new(sync.Mutex)} }),
	} {
		t.Run(name, func(t *testing.T) {
			drawInto(t, t.TempDir())
			v := judge(func(t rapid.TB) { proptest.Histories(t, hanging, 0, 1000, 100*time.Millisecond) })
			require.True(t, v.failed)
			require.Contains(t, v.message, "calls that nothing holds have not returned")
			require.Regexp(t, ` to end, caller \d: (Acknowledge|Begin)\(.*not returned`, v.message)
		})
	}
}

// A history without an order is drawn: a page that shows every call.
func TestAHistoryWithoutAnOrderIsDrawn(t *testing.T) {
	dir := t.TempDir()
	drawInto(t, dir)
	broken := wrapped(func(r *registry.Registry) proptest.Registry { return consumesAgain{r} })
	v := judge(func(t rapid.TB) { proptest.Histories(t, broken, 0, 10_000, time.Minute) })
	require.True(t, v.failed)
	require.Contains(t, v.message, "no order of these calls explains their answers")
	pages, err := filepath.Glob(filepath.Join(dir, "history-*.html"))
	require.NoError(t, err)
	require.Len(t, pages, 1)
	require.Contains(t, v.message, pages[0])
	page, err := os.ReadFile(pages[0])
	require.NoError(t, err)
	for _, shown := range []string{"<html", "Consume(token ", "presented token ", "closed false"} {
		require.Contains(t, string(page), shown)
	}
}
