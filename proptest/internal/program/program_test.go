package program_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/proptest/internal/program"
)

func choice(kind string, n int) program.Choice { return program.Choice{Kind: kind, N: n} }

// Decode returns the steps that Assemble wrote.
func TestDecodeReadsWhatAssembleWrites(t *testing.T) {
	code, err := program.Assemble(`
		# a comment
		options ack=10ns ttl=+20ns max=8 attempts=3 trace far

		Begin backend=2 now=tick rand=fresh,dead after=2 fail=short-eof chunk=7
		Acknowledge pending:1 now=end+1:2 # late
		Consume near:3 presented=zero:4
		Close`)
	require.NoError(t, err)
	setup, steps := program.Decode(code)
	require.Equal(t, program.Setup{
		AckDeadline: 10, TokenTTL: 30, MaxPending: 8, CollisionAttempts: 3, Far: true, Trace: true,
	}, setup)
	all := program.Random{
		Candidates: [4]string{"fresh", "fresh", "fresh", "fresh"}, After: 4, Failure: "error", Chunk: 16,
	}
	pending, same, now := choice("pending", 0), choice("same", 0), choice("now", 0)
	require.Equal(t, []program.Step{
		{Op: "Begin", Token: pending, Presented: choice("dead", 0), Backend: 2, Now: choice("tick", 0), Rand: program.Random{
			Candidates: [4]string{"fresh", "dead", "fresh", "fresh"}, After: 2, Failure: "short-eof", Chunk: 7,
		}},
		{Op: "Acknowledge", Token: choice("pending", 1), Presented: same, Now: choice("end+1", 2), Rand: all},
		{Op: "Consume", Token: choice("near", 3), Presented: choice("zero", 4), Backend: 1, Now: now, Rand: all},
		{Op: "Close", Token: pending, Presented: same, Now: now, Rand: all},
	}, steps)
}

func TestAssembleErrorsNameTheLineAndTheWord(t *testing.T) {
	for text, problem := range map[string]string{
		"Begin\n\nAcknowlege":             `line 3: "Acknowlege" is none of Begin`,
		"Begin now=soon":                  `line 1: "soon" is none of now`,
		"Begin who=me":                    `line 1: unknown argument "who"`,
		"Begin rand=fresh,stale":          `"stale" is none of fresh`,
		"Begin after=9":                   `"9" is none of 4`,
		"Begin fail=often":                `"often" is none of error`,
		"Begin chunk=3":                   `"3" is none of 16`,
		"Begin backend=4":                 `"4" is none of 0`,
		"Acknowledge pending:99":          `"pending:99": the number must be from 0 to 31`,
		"Acknowledge pending:-1":          `"pending:-1": the number must be from 0 to 31`,
		"Acknowledge pending:x":           `"pending:x": the number must be from 0 to 31`,
		"options ack=4ns":                 `"4ns" is none of 3ns`,
		"options ttl=1h":                  `"1h" is none of +1ns`,
		"options max=5":                   `"5" is none of 2`,
		"options attempts=0":              `"0" is none of 1`,
		"options loud":                    `unknown option "loud"`,
		"Begin\noptions trace # too late": `line 2: "options" is none of`,
	} {
		_, err := program.Assemble(text)
		require.ErrorContains(t, err, problem, text)
	}
	code, err := program.Assemble(strings.Repeat("\n# nothing\n", 3))
	require.NoError(t, err)
	_, steps := program.Decode(code)
	require.Empty(t, steps)
}
