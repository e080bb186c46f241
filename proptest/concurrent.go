package proptest

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// RunConcurrent checks an implementation for many callers at once. It is meant
// to run under the race detector, too. Four subtests:
//
//   - "winners": many try to end the same few handoffs at the same moment, each
//     in another way. Each handoff has one winner, who is told what OnExit is
//     told, and all others are refused.
//   - "counts": while many are busy, Stats add up in every value that is read,
//     and in the end they are what the callers were told.
//   - "linearizable": short histories of calls on few tokens, some of which the
//     random source gives again and again. There must be an order of the calls
//     in which the model gives the same answers, and no call moves past one that
//     had returned before it began. A sweep counts as the several steps it is:
//     an Expire for each handoff that it returns, and one that finds nothing
//     more; a Close as one step, which it is to every caller. Stats, Len, Tokens
//     and Backend, which see Close at work, are asked only in histories without
//     one; and issued tokens do not come to their end, since nobody is told.
//     In some histories OnExit or the random source keeps one call for ever: it may
//     have taken effect or not, and the others must go on. A history without an
//     order is also written as a page for a browser, into [os.TempDir].
//   - "trace": busier histories with all of that, for an implementation that
//     honours Options.Trace: its events, in their own order, are steps of the
//     model. Skipped if there are no events.
//
// What each goroutine does comes from fixed seeds; how they meet does not, so a
// failure may not come back. Nothing depends on how fast anything is, and with
// -short there are fewer rounds.
func RunConcurrent(t *testing.T, factory func(registry.Options) (Registry, error)) {
	for name, check := range contests() {
		t.Run(name, func(t *testing.T) { check(t, factory) })
	}
}

// contests are the checks of RunConcurrent, by name.
func contests() map[string]func(rapid.TB, factory) {
	return map[string]func(rapid.TB, factory){
		"winners":      func(t rapid.TB, f factory) { eachRound(t, 2000, f, raceToEnd) },
		"counts":       func(t rapid.TB, f factory) { eachRound(t, 10, f, keepCounting) },
		"linearizable": func(t rapid.TB, f factory) { eachRound(t, 1000, f, checkHistory) },
		"trace":        func(t rapid.TB, f factory) { eachRound(t, 40, f, checkEvents) },
	}
}

func eachRound(t rapid.TB, rounds int, f factory, round func(*arena)) {
	t.Helper()
	if testing.Short() {
		rounds = max(1, rounds/4)
	}
	eachSeed(t, 0, rounds, f, patience, round)
}

func eachSeed(t rapid.TB, first uint64, rounds int, f factory, patience time.Duration, round func(*arena)) {
	t.Helper()
	var met meetings
	for i := range uint64(rounds) {
		seed := first + i
		round(&arena{t: t, factory: f, met: &met, seed: seed, origin: time.Now().Round(0),
			rand: rand.New(rand.NewPCG(seed, 1)), patience: patience})
		if t.Failed() {
			t.Fatalf("in the round of seed %d", seed)
		}
	}
	if met.calls > 0 {
		t.Logf("%d histories of %d calls, %d of which met another call; %d calls that never returned; %d undecided",
			rounds, met.calls, met.together, met.open, met.undecided)
		if a, ok := t.(interface{ Attr(key, value string) }); ok { // testing.TB has it, rapid.TB not
			a.Attr("histories", strconv.Itoa(rounds))
		}
	}
}

// meetings counts how much came together in the histories of a check.
type meetings struct{ calls, together, open, undecided int }

// arena is where goroutines meet. What is below mu is what callbacks fill in.
type arena struct {
	t       rapid.TB
	factory factory
	met     *meetings
	seed    uint64
	origin  time.Time
	rand    *rand.Rand // for the one goroutine that prepares the round
	options registry.Options
	system  Registry

	hold       *hold // of one call that never returns; nil: there is none
	holdsExits bool  // it is OnExit that holds
	patience   time.Duration
	callers    sync.WaitGroup

	mu     sync.Mutex
	exits  []registry.Exit
	events []registry.Event
}

// open makes the system of this round.
func (a *arena) open(o registry.Options) {
	o.OnExit = func(e registry.Exit) {
		runtime.Gosched() // let others in between
		a.mu.Lock()
		a.exits = append(a.exits, e)
		a.mu.Unlock()
		if a.holdsExits {
			a.hold.pass()
		}
	}
	system, err := a.factory(o)
	if err != nil {
		a.t.Fatalf("the factory refuses valid options: %v", err)
	}
	a.options, a.system = o, system
}

// model is the state that the system starts in.
func (a *arena) model() model.State { return model.New(withDefaults(a.options)) }

// at returns a time of this round, which is also an instant of the model.
func (a *arena) at(i int) time.Time { return a.origin.Add(time.Duration(i)) }

// together runs functions at the same time and waits for all.
func together(all ...func()) {
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

// few is a random source that gives the same few tokens again and again. It is
// safe for concurrent use.
type few struct {
	mu   sync.Mutex
	rand *rand.Rand
	n    int
	hold *hold
}

// Read implements [io.Reader].
func (f *few) Read(p []byte) (int, error) {
	runtime.Gosched() // let others in between
	f.hold.pass()
	f.mu.Lock()
	defer f.mu.Unlock()
	t := fewToken(f.rand.IntN(f.n)).Bytes()
	return copy(p, t[:]), nil
}

// fewToken returns the i-th token that few gives.
func fewToken(i int) registry.Token {
	var t model.Token
	binary.BigEndian.PutUint64(t[8*(i%2):], uint64(i+1))
	return parse(t)
}
