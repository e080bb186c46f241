// Package link is the demo's transport between a broker and one backend: frames
// on a Unix stream socket, where an offer carries the client's descriptor.
//
// Many handoffs are in flight on one link, matched by the correlation id that
// the broker chose. A backend that was offered a connection acknowledges it and
// then does nothing until the verdict: it serves on Commit and closes on Revoke.
//
// It is kept small on purpose: no lease, no NACK, no redial.
package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/handoff-go/handoff/registry"
)

// Kind says what a frame is. The zero Kind is invalid.
type Kind uint8

// The kinds of frames, each with the fields it carries besides the id.
const (
	Hello  Kind = iota + 1 // backend to broker, once, when ready: Name
	Offer                  // broker to backend, with a descriptor: Token, Connection, Attempt
	Ack                    // backend to broker: Token
	Answer                 // broker to backend, once an offer: Verdict
)

// Verdict is the one byte that ends an offer. The zero Verdict is invalid.
type Verdict uint8

// The verdicts.
const (
	Commit Verdict = iota + 1 // the backend owns the connection and serves it
	Revoke                    // the backend closes its copy
)

// Frame is one message. Fields that its Kind does not carry are zero. It is a
// plain value; printing it tells no token.
type Frame struct {
	Kind       Kind
	ID         uint64 // correlation id; 0 for Hello
	Name       string // 1 to MaxName bytes
	Token      registry.Token
	Connection uint32
	Attempt    uint32
	Verdict    Verdict
}

// MaxName is the longest name that a Hello carries, in bytes.
const MaxName = 64

// On the wire: kind, body length (big-endian, as all numbers), correlation id,
// body.
const (
	headerSize = 1 + 4 + 8
	offerSize  = registry.TokenSize + 4 + 4
	maxFrame   = headerSize + MaxName
)

// Append appends the bytes of f to dst. It returns dst as it was and a
// *FrameError if f could not be read back.
func Append(dst []byte, f Frame) ([]byte, error) {
	var body []byte
	token := f.Token.Bytes()
	switch f.Kind {
	case Hello:
		body = []byte(f.Name)
	case Offer:
		body = append(body, token[:]...)
		body = binary.BigEndian.AppendUint32(body, f.Connection)
		body = binary.BigEndian.AppendUint32(body, f.Attempt)
	case Ack:
		body = append(body, token[:]...)
	case Answer:
		body = append(body, byte(f.Verdict))
	}
	if err := checkLength(f.Kind, uint32(len(body))); err != nil {
		return dst, err
	}
	if _, err := parse(f.Kind, f.ID, body); err != nil {
		return dst, err
	}
	dst = append(dst, byte(f.Kind))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(body)))
	dst = binary.BigEndian.AppendUint64(dst, f.ID)
	return append(dst, body...), nil
}

// Read reads one frame from r. It returns io.EOF if r ends before a frame,
// io.ErrUnexpectedEOF if it ends inside one, a *FrameError for what is no frame,
// or r's own error. The length is checked before the body is read, so a frame
// costs at most 77 bytes. After any error the stream cannot be read on.
func Read(r io.Reader) (Frame, error) {
	var buf [maxFrame]byte
	if _, err := io.ReadFull(r, buf[:headerSize]); err != nil {
		return Frame{}, err
	}
	kind, length := Kind(buf[0]), binary.BigEndian.Uint32(buf[1:])
	id := binary.BigEndian.Uint64(buf[5:])
	if err := checkLength(kind, length); err != nil {
		return Frame{}, err
	}
	body := buf[headerSize : headerSize+length]
	if _, err := io.ReadFull(r, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Frame{}, err
	}
	return parse(kind, id, body)
}

func checkLength(kind Kind, length uint32) error {
	low, high := uint32(0), uint32(0)
	switch kind {
	case Hello:
		low, high = 1, MaxName
	case Offer:
		low, high = offerSize, offerSize
	case Ack:
		low, high = registry.TokenSize, registry.TokenSize
	case Answer:
		low, high = 1, 1
	default:
		return &FrameError{Kind: kind, Problem: "no such kind"}
	}
	if length < low || length > high {
		return &FrameError{Kind: kind, Problem: fmt.Sprintf("a body of %d bytes, want %d to %d", length, low, high)}
	}
	return nil
}

// parse reads a body whose length has been checked.
func parse(kind Kind, id uint64, body []byte) (Frame, error) {
	f := Frame{Kind: kind, ID: id}
	switch kind {
	case Hello:
		f.Name = string(body)
	case Offer, Ack:
		var err error
		if f.Token, err = registry.ParseToken(body[:registry.TokenSize]); err != nil {
			return Frame{}, err
		}
		if f.Token.IsZero() {
			return Frame{}, &FrameError{Kind: kind, Problem: "the token is zero"}
		}
		if rest := body[registry.TokenSize:]; kind == Offer {
			f.Connection, f.Attempt = binary.BigEndian.Uint32(rest), binary.BigEndian.Uint32(rest[4:])
		}
	case Answer:
		f.Verdict = Verdict(body[0])
		if f.Verdict != Commit && f.Verdict != Revoke {
			return Frame{}, &FrameError{Kind: kind, Problem: fmt.Sprintf("no verdict is %d", body[0])}
		}
	}
	return f, nil
}

// FrameError says why bytes are no frame, or a Frame has no bytes.
type FrameError struct {
	Kind    Kind // as it came; may be invalid
	Problem string
}

// Error implements error.
func (e *FrameError) Error() string {
	return fmt.Sprintf("frame of kind %d: %s", e.Kind, e.Problem)
}
