// Package program describes sequences of operations before they meet a registry. A step says how
// to choose its arguments ("the second pending token", "one nanosecond before its deadline"), not
// what they are. So a step can be drawn at random, decoded from a fuzzer's bytes or assembled
// from text, all without knowing what the steps before it did.
package program

// Step is one operation.
type Step struct {
	Op        string // one of Ops
	Token     Choice // the token it is about; one of Tokens
	Presented Choice // Consume: the token that is presented; one of PresentedTokens
	Backend   int    // Register, Begin: which of the sample backends
	Now       Choice // the instant it happens at; one of Instants
	Rand      Random // Issue, Begin: what the random source gives
}

// Choice picks one of the candidates that match a description: the N-th, modulo their number.
type Choice struct {
	Kind string
	N    int
}

// Random is what the random source does during one Issue or Begin: it gives After of the
// candidates, the first one first, and then fails.
type Random struct {
	Candidates [MaxAttempts]string // each one of Candidates
	After      int
	Failure    string // one of Failures
	Chunk      int    // the most bytes that one Read gives; one of Chunks
}

// MaxAttempts is the highest CollisionAttempts that a setup has.
const MaxAttempts = 4

// A program's byte is an index into one of the lists below: their order is the format of the
// committed corpora. New values go to the end. A zero byte means the first value.

// Ops returns the operations of a registry, and two that stand for several calls: Fill begins
// and issues until no more tokens fit, Thin ends some of the live ones.
func Ops() []string {
	return []string{"Begin", "Acknowledge", "Issue", "Register", "Consume", "Abandon", "Expire", "ExpireOverdue", "Close", "Fill", "Thin"}
}

// Tokens returns the ways to choose a token.
func Tokens() []string {
	return []string{"pending", "issued", "consumed", "dead", "foreign", "near", "zero", "live"}
}

// PresentedTokens returns the ways to choose the token that Consume presents.
func PresentedTokens() []string {
	return []string{"same", "live", "dead", "foreign", "near", "zero"}
}

// Instants returns the ways to choose the instant of a call. The last six are far away: a
// registry clamps most of them.
func Instants() []string {
	return []string{"now", "tick", "half", "back", "long-back", "end-1", "end", "end+1",
		"first-1", "first", "first+1", "last", "last+1", "some-1", "some",
		"zero-time", "year-9999", "lowest", "below-lowest", "highest", "near-highest"}
}

// Candidates returns the kinds of tokens that the random source can give.
func Candidates() []string { return []string{"fresh", "live", "dead", "zero"} }

// Failures returns the ways in which the random source can fail. A short one gives a part of a
// token first.
func Failures() []string { return []string{"error", "eof", "short-error", "short-eof"} }

// Chunks returns how many bytes one Read of the random source can give.
func Chunks() []int { return []int{16, 1, 7, 5} }

// at returns the n-th value of a list, modulo its length.
func at[T any](list []T, n int) T { return list[n%len(list)] }
