package history

import (
	"slices"
	"strconv"
	"time"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/race"
	"github.com/handoff-go/handoff/registry"
)

// CheckLinearizable records n short histories, of the seeds from first on, and looks for an order
// that explains each. In a quarter of them one call never returns. patience is how long any
// other call may take.
func CheckLinearizable(t rapid.TB, f contract.Factory, first uint64, n int, patience time.Duration) {
	t.Helper()
	var tally tally
	race.EachSeed(t, f, first, n, func(run *race.Run) {
		r := &recorder{Run: run, patience: patience, tally: &tally}
		r.check()
	})
	t.Logf("%d histories of %d calls, %d of which met another call; %d calls that never returned; %d undecided",
		n, tally.calls, tally.overlapping, tally.open, tally.undecided)
	if a, ok := t.(interface{ Attr(key, value string) }); ok { // testing.TB has it, rapid.TB does not
		a.Attr("histories", strconv.Itoa(n))
	}
}

// tally counts what the histories of a check had.
type tally struct {
	calls       int // that returned
	overlapping int // of those, calls during which others began or returned
	open        int // calls that did not return
	undecided   int // histories for which the search took too long
}

func (t *tally) add(returned, open []porcupine.Operation) {
	for _, op := range returned {
		t.calls++
		if op.Return > op.Call+1 {
			t.overlapping++
		}
	}
	t.open += len(open)
}

func (r *recorder) check() {
	var beforeRead func()
	switch r.Rand.IntN(16) {
	case 0:
		r.gate = newGate(r.Rand.IntN(6))
		beforeRead = r.gate.pass
	case 1, 2, 3:
		r.gate = newGate(r.Rand.IntN(3))
		r.AfterExit = r.gate.pass
	}
	r.Open(registry.Options{
		AckDeadline: ackDeadline, TokenTTL: time.Hour, MaxPending: 3, CollisionAttempts: 2,
		Rand: race.NewRepeatingRand(r.Seed, tokens, beforeRead),
	})
	const callers, calls = 4, 6
	returned, open, stuck := r.record(callers, calls)
	defer func() {
		r.gate.release()
		if !stuck {
			r.callers.Wait()
		}
	}()
	spec := specification(r.Initial())
	if stuck {
		r.T.Errorf("calls that no callback stops have not returned after %v%s:\n%s",
			r.patience, visualize(spec, returned, open), describeHistory(slices.Concat(returned, open)))
		return
	}
	r.tally.add(returned, open)
	order := search(spec, returned, open)
	if order == undecided {
		r.tally.undecided++
	}
	if order == notFound {
		r.T.Errorf("not linearizable: no order of these calls explains their answers%s:\n%s",
			visualize(spec, returned, open), describeHistory(slices.Concat(returned, open)))
	}
	r.checkExits(returned, open)
}
