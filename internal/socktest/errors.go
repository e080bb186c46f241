package socktest

import (
	"errors"

	"github.com/handoff-go/handoff/wire"
)

// Is returns a test of an error: it is target, or wraps it.
func Is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// IsEnvelope returns a test of an error: it is a *wire.EnvelopeError for target.
func IsEnvelope(target error) func(error) bool {
	return func(err error) bool {
		var e *wire.EnvelopeError
		return errors.As(err, &e) && errors.Is(e, target)
	}
}

// IsField returns a test of an error: it is a *wire.FieldError for target.
func IsField(target error) func(error) bool {
	return func(err error) bool {
		var e *wire.FieldError
		return errors.As(err, &e) && errors.Is(e, target)
	}
}

// IsFrameSize returns a test of an error: it is a *wire.FrameSizeError with these numbers.
func IsFrameSize(size uint32, most int) func(error) bool {
	return func(err error) bool {
		var e *wire.FrameSizeError
		return errors.As(err, &e) && e.Size == size && e.Max == most
	}
}
