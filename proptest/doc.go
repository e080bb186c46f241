// Package proptest is a conformance kit: it checks an implementation of the
// registry's contract against the reference model.
//
// An implementation is anything that satisfies [Registry], made by a factory
// from [registry.Options]. A test of it is one line:
//
//	func TestConformance(t *testing.T) {
//		proptest.Run(t, func(o registry.Options) (proptest.Registry, error) { return myregistry.New(o) })
//	}
//
// [Run] is for a single caller: a state machine of the rapid library draws
// sequences of operations, aimed at what is delicate (the nanosecond around a
// deadline, dead and nearly right tokens, a random source that repeats itself
// or fails), and after each one compares answer, error, counters, exits and
// trace with the model. rapid's flags apply: -rapid.checks is the number of
// sequences, -rapid.steps their mean length, -rapid.seed repeats a run.
// [Walk] goes along the state graph that the model shares with the TLA+
// specification, step by step, and tries what is refused in every state.
// [RunConcurrent] is for many: goroutines race for few tokens, and what they
// saw must have happened in some order. [Replay] runs one sequence that is
// written as bytes, which is what a fuzzer needs; [Assemble] writes such a
// program from readable text.
//
// # What an implementation must know
//
// Times are handed in without a monotonic reading, so that an implementation
// may store them. Each sequence starts at the present.
//
// The contract clamps instants to 2^62-1 nanoseconds around a base, the moment
// the registry was made, which no method tells. What comes of a clamped instant
// is known exactly only to who knows the base. Sequences with such instants
// therefore begin by learning it: Begin at the zero time, which comes to the
// base less 2^62-1, and an ACK, whose answer tells how far that is away. From
// then on all is compared exactly. Sequences without such instants do not
// depend on the base.
//
// An implementation may ignore Options.Trace. One that sends an event for its
// first step must send all of them, and they must agree with its answers.
// Options.OnExit must be honoured.
//
// Callbacks and the random source are called back into the registry, from
// another goroutine: if that call does not return before the callback does, the
// registry held a lock, and the check fails. To see that takes ten seconds.
package proptest
