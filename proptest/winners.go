package proptest

import (
	"errors"
	"runtime"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
)

// win is what a caller was told: that it ended the handoff of a token, and how.
type win struct {
	token registry.Token
	state fsm.State
}

// raceToEnd lets callers end the same handoffs at once. (G1)
func raceToEnd(a *arena) {
	a.open(registry.Options{AckDeadline: 10, TokenTTL: 20, MaxPending: 4})
	var tokens []registry.Token
	for i := range 1 + a.rand.IntN(2) {
		t, err := a.system.Begin(backend(i), a.at(0))
		if err != nil {
			a.t.Fatalf("Begin: %v", err)
		}
		tokens = append(tokens, t)
	}
	const enders = 12
	told := make([][]win, enders)
	var all []func()
	for i := range enders {
		how, t, late := a.rand.IntN(16), tokens[a.rand.IntN(len(tokens))], a.rand.IntN(2)
		all = append(all, func() { told[i] = a.end(how, t, 9+late) })
	}
	together(all...)
	for _, left := range a.system.Close() {
		told[0] = append(told[0], win{left.Token, fsm.Abandoned})
	}
	winners := map[registry.Token][]fsm.State{}
	for _, wins := range told {
		for _, w := range wins {
			winners[w.token] = append(winners[w.token], w.state)
		}
	}
	for i, t := range tokens {
		if len(winners[t]) != 1 {
			a.t.Errorf("G1: handoff %d has the winners %v", i, winners[t])
		}
		a.sameExits(t, winners[t])
	}
	a.sameCounts(winners)
}

// end tries to end a handoff in one way, and returns what it was told.
func (a *arena) end(how int, t registry.Token, at int) []win {
	now, late := a.at(at), a.at(10)
	expired := func(b bool) []win {
		if b {
			return []win{{t, fsm.Expired}}
		}
		return nil
	}
	switch how {
	case 0, 1, 2, 3:
		_, err := a.system.Acknowledge(t, now)
		if err == nil {
			return []win{{t, fsm.Acknowledged}}
		}
		return expired(asDeadlineError(err) != nil)
	case 4, 5, 6:
		if _, ok := a.system.Abandon(t); ok {
			return []win{{t, fsm.Abandoned}}
		}
	case 7, 8:
		_, ok := a.system.Expire(t, now)
		return expired(ok)
	case 9, 10:
		err := a.system.Consume(t, t, now)
		return expired(errors.Is(err, registry.ErrTokenExpired))
	case 11, 12, 13:
		var wins []win
		for _, e := range a.system.ExpireOverdue(late) {
			wins = append(wins, win{e.Token, fsm.Expired})
		}
		return wins
	case 14:
		var wins []win
		for _, e := range a.system.Close() {
			wins = append(wins, win{e.Token, fsm.Abandoned})
		}
		return wins
	default:
		if err := a.system.Register(t, backend(3), a.at(0)); err == nil {
			a.t.Errorf("G1: a handoff was registered again")
		}
	}
	return nil
}

// sameExits: OnExit was told what the callers were told.
func (a *arena) sameExits(t registry.Token, states []fsm.State) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var exits []fsm.State
	for _, e := range a.exits {
		if e.Token == t {
			exits = append(exits, e.State)
		}
	}
	if len(exits) != len(states) || len(exits) > 0 && exits[0] != states[0] {
		a.t.Errorf("G1: OnExit was told %v of a handoff, the callers %v", exits, states)
	}
}

// sameCounts: the counts are what the callers were told, when nothing is left.
func (a *arena) sameCounts(winners map[registry.Token][]fsm.State) {
	n := map[fsm.State]uint64{}
	for _, states := range winners {
		for _, s := range states {
			n[s]++
		}
	}
	registered := n[fsm.Acknowledged] + n[fsm.Expired] + n[fsm.Abandoned]
	want := registry.Stats{
		Issued: registered, Revoked: registered, Registered: registered,
		Acknowledged: n[fsm.Acknowledged], Expired: n[fsm.Expired], Abandoned: n[fsm.Abandoned],
	}
	if got := a.system.Stats(); got != want {
		a.t.Errorf("G6: Stats are %+v, but the callers were told %+v", got, want)
	}
}

// keepCounting reads Stats while others are busy. (G6)
func keepCounting(a *arena) {
	a.open(registry.Options{AckDeadline: 10, TokenTTL: 20, MaxPending: 64})
	const callers, readers, lives = 12, 4, 500
	told := make([][]win, callers)
	busy := make(chan struct{})
	var all []func()
	for i := range callers {
		ways := make([]int, lives)
		for j := range ways {
			ways[j] = a.rand.IntN(14) // all but Close and Register
		}
		all = append(all, func() { told[i] = a.live(ways) })
	}
	read := make(chan error)
	for range readers {
		go func() { read <- a.readUntil(busy) }()
	}
	together(all...)
	close(busy)
	for range readers {
		if err := <-read; err != nil {
			a.t.Errorf("%v", err)
		}
	}
	winners := map[registry.Token][]fsm.State{}
	for _, wins := range told {
		for _, w := range wins {
			winners[w.token] = append(winners[w.token], w.state)
		}
	}
	for _, e := range a.system.Close() {
		winners[e.Token] = append(winners[e.Token], fsm.Abandoned)
	}
	if len(a.exits) != callers*lives {
		a.t.Errorf("G1: %d exits of %d handoffs", len(a.exits), callers*lives)
	}
	a.sameCounts(winners)
}

// live leads handoffs through their lives.
func (a *arena) live(ways []int) []win {
	var wins []win
	for _, how := range ways {
		t, err := a.system.Begin(backend(how), a.at(0))
		if err != nil {
			a.t.Errorf("Begin: %v", err)
			return wins
		}
		wins = append(wins, a.end(how, t, 9+how%2)...)
		if _, ok := a.system.Abandon(t); ok {
			wins = append(wins, win{t, fsm.Abandoned})
		}
	}
	return wins
}

// readUntil reads Stats until busy is closed, and returns the first error.
func (a *arena) readUntil(busy chan struct{}) error {
	for {
		if err := conserved(a.system.Stats()); err != nil {
			return err
		}
		select {
		case <-busy:
			return nil
		default:
			runtime.Gosched() // let the others be busy
		}
	}
}
