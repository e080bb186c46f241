//go:build !linux

package bench

import (
	"context"
	"io"

	"github.com/handoff-go/handoff/cmd/handoff/internal/commandline"
)

func unsupported() error { return &commandline.UnsupportedError{Command: "the benchmark"} }

// Run returns a *commandline.UnsupportedError.
func Run(context.Context, Config, io.Writer) (*Report, error) {
	return nil, unsupported()
}

// Soak returns a *commandline.UnsupportedError.
func Soak(context.Context, SoakConfig, io.Writer) (*SoakReport, error) {
	return nil, unsupported()
}

func serveAsBroker(role, io.Reader, io.Writer) error  { return unsupported() }
func serveAsBackend(role, io.Reader, io.Writer) error { return unsupported() }
