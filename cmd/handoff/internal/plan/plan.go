// Package plan decides, from a seed alone, which connections of the demo meet
// which fault. Every process of the demo computes the same plan for itself, so
// that no message and no timing decides it.
package plan

import "math/rand/v2"

// Plan is the fault class of each connection. It is immutable after New: share
// and copy it freely, from any goroutine. The zero Plan has no connections.
type Plan struct{ classes []Class }

// New returns the plan of connections 0 to n-1. Each fault with a share above
// zero gets that percentage of n rounded up, as long as connections are left,
// and the seed decides which ones; the others are OK. A negative n counts as 0.
func New(seed uint64, n int, f Faults) Plan {
	classes := make([]Class, max(n, 0))
	next := 0
	for _, fault := range []struct {
		class Class
		share int
	}{{Slow, f.Slow}, {Never, f.Never}, {Kill, f.Kill}} {
		for range (n*fault.share + 99) / 100 {
			if next < n {
				classes[next] = fault.class
				next++
			}
		}
	}
	// The second word only keeps seed 0 away from PCG's all-zero state.
	random := rand.New(rand.NewPCG(seed, 0x68616e646f6666))
	random.Shuffle(len(classes), func(i, j int) { classes[i], classes[j] = classes[j], classes[i] })
	return Plan{classes}
}

// Len returns how many connections the plan has.
func (p Plan) Len() int { return len(p.classes) }

// Class returns how the given attempt of a connection is to be treated. Only
// the first attempt, number 1, is ever spoiled; the answer for a connection that
// the plan does not have is OK.
func (p Plan) Class(connection, attempt uint32) Class {
	if attempt != 1 || uint64(connection) >= uint64(len(p.classes)) {
		return OK
	}
	return p.classes[connection]
}

// Counts returns how many connections each class has, indexed by Class.
func (p Plan) Counts() [Classes]int {
	var counts [Classes]int
	for _, c := range p.classes {
		counts[c]++
	}
	return counts
}
