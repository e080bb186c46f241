//go:build !linux

package bench

import (
	"context"
	"errors"
	"io"
	"runtime"
)

// UnsupportedError says that the command does not run on this system. It is an
// errors.ErrUnsupported.
type UnsupportedError struct{ OS string }

// Error implements error.
func (e *UnsupportedError) Error() string {
	return "the benchmark passes descriptors between processes as Linux does, and does not run on " + e.OS
}

// Unwrap returns errors.ErrUnsupported.
func (e *UnsupportedError) Unwrap() error { return errors.ErrUnsupported }

// Run returns an *UnsupportedError.
func Run(context.Context, Config, io.Writer) (*Report, error) {
	return nil, &UnsupportedError{OS: runtime.GOOS}
}

// Soak returns an *UnsupportedError.
func Soak(context.Context, SoakConfig, io.Writer) (*SoakReport, error) {
	return nil, &UnsupportedError{OS: runtime.GOOS}
}

func serveAsBroker(role, io.Reader, io.Writer) error  { return &UnsupportedError{OS: runtime.GOOS} }
func serveAsBackend(role, io.Reader, io.Writer) error { return &UnsupportedError{OS: runtime.GOOS} }
