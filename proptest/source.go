package proptest

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// source is the random source of a sequence: it gives what the script of the
// current Issue or Begin says, and counts what is read. The zero source fails.
type source struct {
	bytes   []byte
	failure error
	chunk   int    // the most that one Read gives
	read    int    // bytes given since it was loaded
	calls   int    // calls of Read since it was loaded
	fresh   uint64 // how many fresh tokens there were
	onRead  func()
}

var errBroken = errors.New("the random source broke, as it was told to")

// Read implements [io.Reader].
func (s *source) Read(p []byte) (int, error) {
	s.calls++
	if s.onRead != nil {
		s.onRead()
	}
	n := copy(p[:min(len(p), s.chunk)], s.bytes)
	s.bytes = s.bytes[n:]
	s.read += n
	if n == 0 && len(p) > 0 {
		return 0, s.failure
	}
	return n, nil
}

// load makes the source give these tokens, a part of another one if the failure
// is a short one, and then fail.
func (s *source) load(d draws) {
	s.bytes, s.read, s.calls, s.chunk = s.bytes[:0], 0, 0, d.chunk
	for _, t := range d.tokens {
		s.bytes = append(s.bytes, t[:]...)
	}
	if d.failure == "short-error" || d.failure == "short-eof" {
		s.bytes = append(s.bytes, make([]byte, registry.TokenSize-1)...)
	}
	s.failure = errBroken
	if d.failure == "eof" || d.failure == "short-eof" {
		s.failure = io.EOF
	}
}

// next returns a token that was not there before. Half of them differ in the
// first eight bytes only, half in the last: one who compares but a part of a
// token takes one for another.
func (s *source) next() (t model.Token) {
	s.fresh++
	binary.BigEndian.PutUint64(t[8*(s.fresh%2):], s.fresh)
	return t
}

// failedAs reports whether err is this source's failure, wrapped or not.
func (s *source) failedAs(err error) bool {
	if s.failure == io.EOF { // which io.ReadFull calls unexpected in the middle
		return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	}
	return errors.Is(err, s.failure)
}
