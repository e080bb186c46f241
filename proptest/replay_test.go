package proptest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/proptest"
)

// Any bytes are a program, which does the same in every run.
func TestAnyBytesAreAProgram(t *testing.T) {
	setFlag(t, "rapid.checks", "300")
	rapid.Check(t, func(rt *rapid.T) {
		program := rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(rt, "program")
		first := proptest.Replay(t, ours, program)
		require.Equal(rt, first, proptest.Replay(t, ours, program))
	})
	proptest.Replay(t, ours, nil)
}

func TestProgramsAreCapped(t *testing.T) {
	coverage := proptest.Replay(t, ours, make([]byte, 1<<16))
	n := 0
	for _, hits := range coverage {
		n += hits
	}
	require.Equal(t, 128, n)
}
