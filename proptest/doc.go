// Package proptest is a conformance kit: it checks an implementation of the registry's contract
// against the reference model.
//
// An implementation is anything that satisfies [Registry], made by a factory from
// [registry.Options]. Three tests check it:
//
//	func TestConformance(t *testing.T)  { proptest.Run(t, factory) }
//	func TestEveryStep(t *testing.T)    { proptest.Walk(t, factory) }
//	func TestConcurrently(t *testing.T) { proptest.RunConcurrent(t, factory) }
//
// [Run] is for a single caller. The rapid library draws sequences of operations, most of them
// close to a boundary: one nanosecond around a deadline, revoked tokens and tokens that differ
// in one bit, a random source that repeats itself or fails. After each operation Run compares
// the answer, the error, the counts, the exits and the trace with the model. rapid's flags
// apply: -rapid.checks is the number of sequences, -rapid.steps their mean length, -rapid.seed
// repeats a run.
//
// [Walk] takes every step of the state graph that the model shares with the TLA+ specification,
// and tries in every state what must be refused there.
//
// [RunConcurrent] is for many callers. Goroutines race for few tokens, and their history must be
// linearizable. [Record] returns the trace of such a history.
//
// [Replay] runs one sequence that is written as bytes, which is what a fuzzer needs. [Assemble]
// writes such a program from text.
//
// A failure says which call was made, what was expected and what came. If the registry broke one of
// the guarantees G1 to G8 directly, the failure names it, as "G1 LeavesExactlyOnce": the names are
// those of the TLA+ properties.
//
// # What an implementation must know
//
// Times are handed in without a monotonic reading, so that an implementation may store them.
// Each sequence starts at the present.
//
// The contract clamps instants to 2^62-1 nanoseconds around a base: the moment at which the
// registry was made, which no method returns. Sequences that use such far instants therefore
// begin with two calls that reveal the base: Begin at the zero time, which is clamped to the
// base less 2^62-1, and an ACK, whose answer tells the distance from there. From then on
// everything is compared exactly. Other sequences do not depend on the base.
//
// An implementation may ignore Options.Trace. If it sends an event for its first step, it must
// send all of them, and they must agree with its answers. It must honour Options.OnExit.
//
// Some callbacks and random sources of the kit call the registry from another goroutine. If that
// call does not return before the callback does, the registry holds a lock during the callback,
// and the check fails. It takes ten seconds to find that out.
package proptest
