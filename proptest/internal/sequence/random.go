package sequence

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/program"
	"github.com/handoff-go/handoff/registry"
)

// Draws is what the random source gives during one call: some tokens, and then a failure.
type Draws struct {
	tokens  []model.Token
	failure string // one of program.Failures
	chunk   int    // the most bytes that one Read gives
}

// DrawsOf returns a random source that gives one token.
func DrawsOf(t model.Token) Draws {
	return Draws{[]model.Token{t}, "error", registry.TokenSize}
}

// fresh returns a random source that gives a token that was never issued.
func (s *Sequence) fresh() Draws { return DrawsOf(s.rand.next()) }

// draws chooses the tokens that a step's random source gives.
func (s *Sequence) draws(r program.Random) Draws {
	d := Draws{make([]model.Token, 0, program.MaxAttempts), r.Failure, r.Chunk}
	for i, kind := range r.Candidates[:r.After] {
		var some []registry.Token
		if kind == "live" || kind == "dead" {
			some = s.all(kind)
		}
		switch {
		case kind == "zero":
			d.tokens = append(d.tokens, model.Token{})
		case len(some) > 0:
			d.tokens = append(d.tokens, some[(i+len(s.known))%len(some)].Bytes())
		default:
			d.tokens = append(d.tokens, s.rand.next())
		}
	}
	return d
}

// randomSource is the Options.Rand of a sequence: it gives what it was loaded with, and counts
// what is read. The zero randomSource fails.
type randomSource struct {
	bytes   []byte
	failure error
	chunk   int    // the most bytes that one Read gives
	read    int    // bytes given since it was loaded
	calls   int    // calls of Read since it was loaded
	fresh   uint64 // how many fresh tokens it made
	onRead  func() // called by Read; may be nil
}

var errPlanned = errors.New("the random source fails, as planned")

// Read implements [io.Reader].
func (r *randomSource) Read(p []byte) (int, error) {
	r.calls++
	if r.onRead != nil {
		r.onRead()
	}
	n := copy(p[:min(len(p), r.chunk)], r.bytes)
	r.bytes = r.bytes[n:]
	r.read += n
	if n == 0 && len(p) > 0 {
		return 0, r.failure
	}
	return n, nil
}

// load makes the source give the tokens of d, part of another one if the failure is a short
// one, and then fail.
func (r *randomSource) load(d Draws) {
	r.bytes, r.read, r.calls, r.chunk = r.bytes[:0], 0, 0, d.chunk
	for _, t := range d.tokens {
		r.bytes = append(r.bytes, t[:]...)
	}
	if d.failure == "short-error" || d.failure == "short-eof" {
		r.bytes = append(r.bytes, make([]byte, registry.TokenSize-1)...)
	}
	r.failure = errPlanned
	if d.failure == "eof" || d.failure == "short-eof" {
		r.failure = io.EOF
	}
}

// next returns a token that was never issued. Every second one has only zeros in its last eight
// bytes, the others in the first eight: a registry that compares half of a token confuses them.
func (r *randomSource) next() (t model.Token) {
	r.fresh++
	binary.BigEndian.PutUint64(t[8*(r.fresh%2):], r.fresh)
	return t
}

// failedWith reports whether err is this source's failure, wrapped or not.
func (r *randomSource) failedWith(err error) bool {
	if r.failure == io.EOF { // which io.ReadFull turns into ErrUnexpectedEOF inside a token
		return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	}
	return errors.Is(err, r.failure)
}
