// Package race lets several goroutines use one registry at the same time. It has what the
// concurrent checks share, and two checks of its own: that racing calls agree on one outcome for
// each handoff, and that Stats add up while they race.
package race

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/registry"
)

// Run is one registry that goroutines use at the same time. What they do comes from Seed; how
// their calls interleave does not.
type Run struct {
	T       rapid.TB
	Factory contract.Factory
	Seed    uint64
	Rand    *rand.Rand // for the one goroutine that prepares the run
	Origin  time.Time  // the instant 0

	Registry  contract.Registry // set by Open
	Options   registry.Options  // set by Open
	AfterExit func()            // called by OnExit after it has recorded the exit; nil: nothing

	mu    sync.Mutex
	exits []registry.Exit
}

// NewRun returns a run without a registry.
func NewRun(t rapid.TB, f contract.Factory, seed uint64) *Run {
	return &Run{T: t, Factory: f, Seed: seed, Rand: rand.New(rand.NewPCG(seed, 1)), Origin: time.Now().Round(0)}
}

// Rounds returns how many rounds a check has: n, or fewer with -short.
func Rounds(n int) int {
	if testing.Short() {
		return max(1, n/4)
	}
	return n
}

// EachSeed calls round for n seeds from first on, until one fails.
func EachSeed(t rapid.TB, f contract.Factory, first uint64, n int, round func(*Run)) {
	t.Helper()
	for i := range uint64(n) {
		round(NewRun(t, f, first+i))
		if t.Failed() {
			t.Fatalf("this was the round of seed %d", first+i)
		}
	}
}

// Open makes the registry. Its OnExit records the exits.
func (r *Run) Open(o registry.Options) {
	o.OnExit = func(e registry.Exit) {
		runtime.Gosched() // so that other calls come in between
		r.mu.Lock()
		r.exits = append(r.exits, e)
		r.mu.Unlock()
		if r.AfterExit != nil {
			r.AfterExit()
		}
	}
	system, err := r.Factory(o)
	if err != nil {
		r.T.Fatalf("the factory refuses valid options: %v", err)
	}
	r.Options, r.Registry = o, system
}

// Exits returns the exits that OnExit was told so far.
func (r *Run) Exits() []registry.Exit {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]registry.Exit(nil), r.exits...)
}

// Initial returns the state of the model that the registry starts in.
func (r *Run) Initial() model.State { return model.New(contract.Options(r.Options)) }

// Together calls functions at the same time, each on a goroutine, and waits for all.
func Together(all ...func()) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for _, f := range all {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			ready.Done()
			<-start
			f()
		}()
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// RepeatingRand is a random source that gives the same few tokens again and again, so that
// tokens collide and revoked ones are issued again. It is safe for concurrent use.
type RepeatingRand struct {
	mu     sync.Mutex
	rand   *rand.Rand
	tokens int
	before func()
}

// NewRepeatingRand returns a source of this many tokens. before is called before each Read; nil:
// nothing.
func NewRepeatingRand(seed uint64, tokens int, before func()) *RepeatingRand {
	return &RepeatingRand{rand: rand.New(rand.NewPCG(seed, 2)), tokens: tokens, before: before}
}

// Read implements [io.Reader].
func (r *RepeatingRand) Read(p []byte) (int, error) {
	runtime.Gosched() // so that other calls come in between
	if r.before != nil {
		r.before()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	t := RepeatingToken(r.rand.IntN(r.tokens)).Bytes()
	return copy(p, t[:]), nil
}

// RepeatingToken returns the i-th token that a RepeatingRand gives, from 0.
func RepeatingToken(i int) registry.Token {
	var t model.Token
	binary.BigEndian.PutUint64(t[8*(i%2):], uint64(i+1))
	return contract.Token(t)
}
