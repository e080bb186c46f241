package proptest

import "github.com/handoff-go/handoff/proptest/internal/program"

// Assemble writes a program for [Replay] from text, one step a line:
//
//	options ack=3ns ttl=+1ns max=2 attempts=2 trace
//	Begin backend=1
//	Consume pending presented=near now=end-1
//	Acknowledge pending now=end # at the deadline
//
// The first line may set options. Each other line is an operation with its arguments, all of which
// are optional. Text after # is a comment. The arguments are
//
//   - a token: pending, issued, consumed, live, dead (revoked), foreign (never issued), near (one
//     bit off a live one), zero; pending:2 is the third of the pending ones;
//   - presented=, for Consume: same, live, dead, foreign, near, zero;
//   - backend=0 to 3;
//   - now=: now, tick (1 ns later), half (half a deadline later), back (1 ns earlier), long-back
//     (a deadline earlier); end-1, end, end+1 (around the end of the token's record); first-1,
//     first, first+1, last, last+1 (around the first and the last end of all records); some-1,
//     some (around the end of any record); and, with the option far, zero-time, year-9999,
//     lowest, below-lowest, highest, near-highest. The clock is set to that time, except to a far
//     one, and except with an odd number, as in end:1;
//   - rand=fresh,live,dead,zero: up to four tokens that the random source gives; after=2: it fails
//     after two of them; fail=: error, eof, short-error, short-eof (a short one gives a part of a
//     token first); chunk=: 16, 1, 7, 5 bytes for each Read.
//
// The options are ack= (3ns, 2ns, 1ns, 10ns, default, never-10ns, never+10ns, longest), ttl= (how
// much longer than ack: +1ns, +0ns, +2ns, +4ns, +20ns, +1m, never, default), max= (2, 1, 3, 4, 8,
// 40), attempts= (1 to 4), and the flags far, trace, quiet (no OnExit) and nested (callbacks call
// the registry).
//
// Besides the operations of [Registry] there are Fill, which begins and issues until MaxPending is
// reached, and Thin, which ends some of the live tokens. The error names the line and the word
// that cannot be read.
func Assemble(text string) ([]byte, error) { return program.Assemble(text) }
