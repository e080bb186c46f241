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
	"github.com/handoff-go/handoff/proptest/internal/history"
	"github.com/handoff-go/handoff/registry"
)

var (
	histories = flag.Int("histories", 10_000, "how many fresh concurrent histories to check; fewer with -short or -race")
	first     = flag.Uint64("histories.seed", 0, "the seed of the first of them; 0: a random one")
)

// RunConcurrent checks few histories, from the same seeds in each run. These are more, from new
// seeds.
func TestFreshHistoriesAreLinearizable(t *testing.T) {
	seed := *first
	if seed == 0 {
		seed = 1 + rand.Uint64N(1<<60)
	}
	t.Logf("-histories.seed=%d", seed)
	history.CheckLinearizable(t, proptest.ContractFactory(ours), seed, *histories/fewer(10), time.Minute)
}

// visualizeInto sets the folder for visualized histories until the test ends.
func visualizeInto(t *testing.T, dir string) {
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // its name on Windows
}

// hangs is a registry whose first ACK of a pending handoff never returns. It stops before or after
// the ACK takes effect.
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

// oneAtATime calls OnExit under its lock: a call that waits there blocks all others.
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

// RunConcurrent reports a call that does not return although no callback stops it, with its
// history.
func TestARegistryThatHangsIsFound(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	for name, hanging := range map[string]factory{
		"before it takes effect": wrapped(func(r *registry.Registry) proptest.Registry { return hangs{r, false, new(sync.Once), forever} }),
		"after it took effect":   wrapped(func(r *registry.Registry) proptest.Registry { return hangs{r, true, new(sync.Once), forever} }),
		"while OnExit waits":     wrapped(func(r *registry.Registry) proptest.Registry { return oneAtATime{r, new(sync.Mutex)} }),
	} {
		t.Run(name, func(t *testing.T) {
			visualizeInto(t, t.TempDir())
			check := func(t rapid.TB) {
				history.CheckLinearizable(t, proptest.ContractFactory(hanging), 0, 1000, 100*time.Millisecond)
			}
			r := resultOf(check)
			require.True(t, r.failed)
			require.Contains(t, r.message, "calls that no callback stops have not returned")
			require.Regexp(t, ` to end, caller \d: (Acknowledge|Begin)\(.*has not returned`, r.message)
		})
	}
}

// A history that is not linearizable is written as a web page that shows every call.
func TestAHistoryThatIsNotLinearizableIsVisualized(t *testing.T) {
	dir := t.TempDir()
	visualizeInto(t, dir)
	broken := wrapped(func(r *registry.Registry) proptest.Registry { return consumesTwice{r} })
	r := resultOf(func(t rapid.TB) {
		history.CheckLinearizable(t, proptest.ContractFactory(broken), 0, 10_000, time.Minute)
	})
	require.True(t, r.failed)
	require.Contains(t, r.message, "no order of these calls explains their answers")
	pages, err := filepath.Glob(filepath.Join(dir, "history-*.html"))
	require.NoError(t, err)
	require.Len(t, pages, 1)
	require.Contains(t, r.message, pages[0])
	page, err := os.ReadFile(pages[0])
	require.NoError(t, err)
	for _, shown := range []string{"<html", "Consume(token ", "presented token ", "closed false"} {
		require.Contains(t, string(page), shown)
	}
}
