package proptest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// Covered is Run, and returns what it covered.
func Covered(t *testing.T, f factory) Coverage { return run(t, f) }

// Sequences is the property that Run checks, with less patience.
func Sequences(f factory, patience time.Duration) func(*rapid.T) {
	return sequences(f, Coverage{}, newNested(patience))
}

// CheckOptions is the check of Run for options.
func CheckOptions(t rapid.TB, f factory) { checkOptions(t, f) }

// Contests are the checks of RunConcurrent, by name.
func Contests() map[string]func(rapid.TB, factory) { return contests() }

// Decode shows what a program says.
func Decode(program []byte) (string, []string) {
	setup, steps := decode(program)
	var all []string
	for _, p := range steps {
		all = append(all, fmt.Sprintf("%+v", p))
	}
	return fmt.Sprintf("%+v", setup), all
}

// WalkAlong is Walk with another graph.
func WalkAlong(t testing.TB, f factory, c model.Constants, g model.Graph) { walkAlong(t, f, c, g) }

// Histories is the check of RunConcurrent for histories, for seeds from first on.
func Histories(t rapid.TB, f factory, first uint64, n int, patience time.Duration) {
	eachSeed(t, first, n, f, patience, checkHistory)
}

// A Call is a call in a history. Called and Returned order it among the others;
// a Returned of zero is never.
type Call struct {
	Called, Returned int64
	Op               string
	Token            int // of few, counted from 1; of what Begin gave, too
	Now              model.Instant
	Err              error
	OK               bool
	Stats            registry.Stats
}

// Explained reports whether an order explains a history of a registry that makes
// handoffs with a deadline of ten.
func Explained(t rapid.TB, calls []Call) bool {
	a := &arena{t: t, met: &meetings{}, options: registry.Options{AckDeadline: historyAck, TokenTTL: time.Hour, MaxPending: 3}}
	var history, open []porcupine.Operation
	for i, c := range calls {
		in := asked{op: c.Op, now: c.Now}
		out := said{err: c.Err, ok: c.OK, stats: c.Stats, open: c.Returned == 0}
		var token registry.Token
		if c.Token > 0 {
			token = fewToken(c.Token - 1)
		}
		if c.Op == "Begin" && !out.open {
			out.token = token
		} else {
			in.token, in.presented = token, token
		}
		if c.OK || c.Op == "Acknowledge" && c.Err == nil {
			out.token = token
		}
		if c.Op == "Expire" && c.OK {
			out.end = historyAck
		}
		op := porcupine.Operation{ClientId: i, Input: in, Call: c.Called, Output: out, Return: c.Returned}
		if out.open {
			op.Return = math.MaxInt64
			open = append(open, op)
		} else {
			history = append(history, op)
		}
	}
	return a.explained(history, open)
}
