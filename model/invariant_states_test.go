package model_test

import (
	"math/rand/v2"

	"github.com/handoff-go/handoff/model"
)

// one token's part of a state.
type part struct {
	token      standing
	handoff    model.Outcome
	end, since int
	consumed   bool
}

func (v *variables) put(t int, p part) {
	v.token[t], v.handoff[t], v.end[t], v.since[t], v.consumed[t] = p.token, p.handoff, p.end, p.since, p.consumed
}

// everyPart calls yield with every part whose values have the right types.
func (c constants) everyPart(yield func(part)) {
	for _, token := range []standing{fresh, live, dead} {
		for _, handoff := range append(outcomes(), "", pending) {
			for end := range c.never() + 1 {
				for since := range c.last() + 1 {
					for _, consumed := range []bool{false, true} {
						yield(part{token, handoff, end, since, consumed})
					}
				}
			}
		}
	}
}

// parts are those that the invariant permits for one token on its own, by the status
// of the token: fresh, issued, pending and dead.
func (c constants) parts() (all [4][]part) {
	var v variables
	c.everyPart(func(p part) {
		if v.put(0, p); tied(c, &v, 0) && timed(c, &v, 0) && (!p.consumed || v.isPending(0)) {
			of := 0
			switch {
			case v.isPending(0):
				of = 2
			case p.token == live:
				of = 1
			case p.token == dead:
				of = 3
			}
			all[of] = append(all[of], p)
		}
	})
	return all
}

// walk calls yield with every state whose values have the right types, except that
// the counters and reports have the only values that the invariant permits.
func (c constants) walk(yield func(*variables)) {
	var all []part
	c.everyPart(func(p part) { all = append(all, p) })
	c.product(all, true, yield)
}

// list calls yield with every state that the invariant permits. It makes them out of
// the parts, so it works where there are too many states to walk.
func (c constants) list(yield func(*variables)) {
	var all []part
	for _, parts := range c.parts() {
		all = append(all, parts...)
	}
	c.product(all, false, yield)
}

func (c constants) product(parts []part, any bool, yield func(*variables)) {
	var v variables
	var tokens func(t int)
	tokens = func(t int) {
		if t < c.Tokens {
			for _, p := range parts {
				v.put(t, p)
				tokens(t + 1)
			}
			return
		}
		c.derive(&v)
		if !any && v.stats.Issued-v.stats.Revoked > uint64(c.MaxPending) {
			return
		}
		for v.sweeping = range c.never() + 1 {
			for subset := range 1 << c.Tokens {
				if !any && !c.mayBeTaken(&v, subset) {
					continue
				}
				for t := range c.Tokens {
					v.taken[t] = subset&(1<<t) != 0
				}
				for v.now = range c.last() + 1 {
					for _, v.closed = range []bool{false, true} {
						yield(&v)
					}
				}
			}
		}
	}
	tokens(0)
}

func (c constants) mayBeTaken(v *variables, subset int) bool {
	for t := range c.Tokens {
		if subset&(1<<t) != 0 && (v.token[t] != dead || v.sweeping == c.never()) {
			return false
		}
	}
	return true
}

// derive sets the variables that follow from the others.
func (c constants) derive(v *variables) {
	v.stats = c.tally(v)
	for t := range c.Tokens {
		v.begun[t], v.left[t] = one(v.handoff[t] != ""), one(v.isSettled(t))
	}
}

// urn draws states that the invariant permits. Half of the ends lie around one
// instant, so that equal and adjacent ends occur.
type urn struct {
	c     constants
	parts [4][]part
	near  [4]map[int][]part // by their end
	rand  *rand.Rand
}

func newUrn(c constants, seed uint64) *urn {
	u := &urn{c: c, parts: c.parts(), rand: rand.New(rand.NewPCG(seed, 3))}
	for of, parts := range u.parts {
		u.near[of] = map[int][]part{}
		for _, p := range parts {
			u.near[of][p.end] = append(u.near[of][p.end], p)
		}
	}
	return u
}

func (u *urn) draw() variables {
	var v variables
	v.now = u.rand.IntN(u.c.last() + 1)
	v.closed = u.rand.IntN(4) == 0
	if v.sweeping = u.c.never(); u.rand.IntN(2) == 0 {
		v.sweeping = u.rand.IntN(u.c.last() + 1)
	}
	room := u.c.MaxPending
	for t := range u.c.Tokens {
		of := []int{0, 1, 1, 2, 2, 2, 3, 3}[u.rand.IntN(8)]
		if of == 1 || of == 2 {
			if room == 0 {
				of = []int{0, 3}[u.rand.IntN(2)]
			} else {
				room--
			}
		}
		from := u.near[of][v.now+u.rand.IntN(3)-1]
		if len(from) == 0 || u.rand.IntN(2) == 0 {
			from = u.parts[of]
		}
		v.put(t, from[u.rand.IntN(len(from))])
		v.taken[t] = v.token[t] == dead && v.sweeping != u.c.never() && u.rand.IntN(2) == 0
	}
	u.c.derive(&v)
	return v
}
