//go:build !linux

package demo

import (
	"context"
	"errors"
	"io"
	"runtime"
)

// UnsupportedError says that the demo does not run on this system. It is an
// errors.ErrUnsupported.
type UnsupportedError struct{ OS string }

// Error implements error.
func (e *UnsupportedError) Error() string {
	return "the demo passes descriptors between processes as Linux does, and does not run on " + e.OS
}

// Unwrap returns errors.ErrUnsupported.
func (e *UnsupportedError) Unwrap() error { return errors.ErrUnsupported }

// Run returns an *UnsupportedError.
func Run(context.Context, Config, io.Writer) (*Ledger, error) {
	return nil, &UnsupportedError{OS: runtime.GOOS}
}

func serveAsBroker(Config, string, io.Reader, io.Writer) error {
	return &UnsupportedError{OS: runtime.GOOS}
}

func serveAsBackend(Config, string, string, io.Reader, io.Writer) error {
	return &UnsupportedError{OS: runtime.GOOS}
}
