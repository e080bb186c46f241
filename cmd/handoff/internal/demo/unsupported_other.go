//go:build !linux

package demo

import (
	"context"
	"io"

	"github.com/handoff-go/handoff/cmd/handoff/internal/commandline"
)

func unsupported() error { return &commandline.UnsupportedError{Command: "the demo"} }

// Run returns a *commandline.UnsupportedError.
func Run(context.Context, Config, io.Writer) (*Ledger, error) {
	return nil, unsupported()
}

func serveAsBroker(Config, string, io.Reader, io.Writer) error {
	return unsupported()
}

func serveAsBackend(Config, string, string, io.Reader, io.Writer) error {
	return unsupported()
}
