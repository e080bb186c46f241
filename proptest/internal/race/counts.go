package race

import (
	"runtime"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/oracle"
	"github.com/handoff-go/handoff/registry"
)

// CheckCounts lets callers begin and end handoffs while others read Stats: the counts add up in
// every value that is read, and in the end they are what the callers were told. (G6)
func CheckCounts(t rapid.TB, f contract.Factory, rounds int) {
	t.Helper()
	EachSeed(t, f, 0, rounds, countWhileBusy)
}

func countWhileBusy(r *Run) {
	r.Open(registry.Options{AckDeadline: ackDeadline, TokenTTL: tokenTTL, MaxPending: 64})
	const callers, readers, handoffs = 12, 4, 500
	told := make([][]Outcome, callers)
	var all []func()
	for i := range callers {
		hows := make([]int, handoffs)
		for j := range hows {
			hows[j] = r.Rand.IntN(waysWithoutClose)
		}
		all = append(all, func() { told[i] = r.beginAndEnd(hows) })
	}
	busy := make(chan struct{}) // closed when all callers are done
	read := make(chan error)
	for range readers {
		go func() { read <- r.readStatsUntil(busy) }()
	}
	Together(all...)
	close(busy)
	for range readers {
		if err := <-read; err != nil {
			r.T.Errorf("%v", err)
		}
	}
	got := outcomes{}
	for _, t := range told {
		got.add(t...)
	}
	got.add(abandoned(r.Registry.Close())...)
	if n := len(r.Exits()); n != callers*handoffs {
		r.T.Errorf("%v: OnExit was called %d times for %d handoffs", oracle.LeavesExactlyOnce, n, callers*handoffs)
	}
	r.checkFinalStats(got)
}

// beginAndEnd begins a handoff for each way to end one, and ends it so, or else by Abandon.
func (r *Run) beginAndEnd(hows []int) []Outcome {
	var told []Outcome
	for _, how := range hows {
		t, err := r.Registry.Begin(contract.SampleBackend(how), r.at(0))
		if err != nil {
			r.T.Errorf("Begin: %v", err)
			return told
		}
		told = append(told, r.end(how, t, ackDeadline-1+how%2)...)
		if _, ok := r.Registry.Abandon(t); ok {
			told = append(told, Outcome{t, fsm.Abandoned})
		}
	}
	return told
}

// readStatsUntil reads Stats until done is closed, and returns the first error.
func (r *Run) readStatsUntil(done <-chan struct{}) error {
	for {
		if err := oracle.CheckConserved(r.Registry.Stats()); err != nil {
			return err
		}
		select {
		case <-done:
			return nil
		default:
			runtime.Gosched() // let the callers run
		}
	}
}
