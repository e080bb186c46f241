package proptest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/proptest"
)

// Any bytes are a program, which does the same things each time.
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

// What is written is what is done.
func TestAssembledStepsAreDone(t *testing.T) {
	program, err := proptest.Assemble(`
		# a comment
		options ack=10ns ttl=+20ns max=8 attempts=3 trace far

		Begin backend=2 now=tick rand=fresh,dead after=2 fail=short-eof chunk=7
		Acknowledge pending:1 now=end+1:2 # late
		Consume near:3 presented=zero:4
		Close`)
	require.NoError(t, err)
	setup, steps := proptest.Decode(program)
	require.Equal(t, "{ack:10 ttl:30 max:8 attempts:3 far:true trace:true quiet:false nested:false}", setup)
	require.Equal(t, []string{
		"{op:Begin token:{of:pending n:0} other:{of:dead n:0} backend:2 when:{of:tick n:0} rand:{candidates:[fresh dead fresh fresh] after:2 failure:short-eof chunk:7}}",
		"{op:Acknowledge token:{of:pending n:1} other:{of:same n:0} backend:0 when:{of:end+1 n:2} rand:{candidates:[fresh fresh fresh fresh] after:4 failure:error chunk:16}}",
		"{op:Consume token:{of:near n:3} other:{of:zero n:4} backend:1 when:{of:now n:0} rand:{candidates:[fresh fresh fresh fresh] after:4 failure:error chunk:16}}",
		"{op:Close token:{of:pending n:0} other:{of:same n:0} backend:0 when:{of:now n:0} rand:{candidates:[fresh fresh fresh fresh] after:4 failure:error chunk:16}}",
	}, steps)
}

func TestAssembleNamesWhatItCannotRead(t *testing.T) {
	for text, problem := range map[string]string{
		"Begin\n\nAcknowlege":             `line 3: "Acknowlege" is none of Begin`,
		"Begin now=soon":                  `line 1: "soon" is none of now`,
		"Begin who=me":                    `line 1: unknown argument "who"`,
		"Begin rand=fresh,stale":          `"stale" is none of fresh`,
		"Begin after=9":                   `"9" is none of 4`,
		"Begin fail=often":                `"often" is none of error`,
		"Begin chunk=3":                   `"3" is none of 16`,
		"Begin backend=4":                 `"4" is none of 0`,
		"Acknowledge pending:99":          `"pending:99" counts too far`,
		"Acknowledge pending:-1":          `"pending:-1" counts too far`,
		"Acknowledge pending:x":           `"pending:x" counts too far`,
		"options ack=4ns":                 `"4ns" is none of 3ns`,
		"options ttl=1h":                  `"1h" is none of +1ns`,
		"options max=5":                   `"5" is none of 2`,
		"options attempts=0":              `"0" is none of 1`,
		"options loud":                    `unknown option "loud"`,
		"Begin\noptions trace # too late": `line 2: "options" is none of`,
	} {
		_, err := proptest.Assemble(text)
		require.ErrorContains(t, err, problem, text)
	}
	program, err := proptest.Assemble(strings.Repeat("\n# nothing\n", 3))
	require.NoError(t, err)
	_, steps := proptest.Decode(program)
	require.Empty(t, steps)
}
