package proptest

import (
	"testing"

	"github.com/handoff-go/handoff/registry"
)

// Replay runs one sequence of operations, which program describes, with the
// checks of [Run], and fails t at the first difference. It returns how often
// each operation met each answer. Any bytes are a program; [Assemble] writes one
// from text. A sequence has 128 steps at most; what comes after them is ignored.
// The same program does the same things each time.
//
// It is what a native fuzz target calls:
//
//	f.Fuzz(func(t *testing.T, program []byte) { proptest.Replay(t, factory, program) })
func Replay(t testing.TB, factory func(registry.Options) (Registry, error), program []byte) Coverage {
	t.Helper()
	coverage := Coverage{}
	setup, steps := decode(program)
	s := newSequence(&laconic{TB: t}, factory, setup, coverage, newNested(patience))
	s.check()
	for _, p := range steps {
		s.do(p)
		s.check()
	}
	s.end(len(steps)%2 == 0)
	return coverage
}

// laconic keeps what is logged to itself until something fails, as rapid does.
type laconic struct {
	testing.TB
	lines []line
}

type line struct {
	format string
	args   []any
}

// Logf implements [rapid.TB].
func (l *laconic) Logf(format string, args ...any) {
	l.lines = append(l.lines, line{format, args})
}

// Fatalf implements [rapid.TB].
func (l *laconic) Fatalf(format string, args ...any) {
	l.Helper()
	for _, line := range l.lines[max(0, len(l.lines)-200):] {
		l.TB.Logf(line.format, line.args...)
	}
	l.TB.Fatalf(format, args...)
}
