// Package commandline is what the commands of handoff do alike at their start: read their flags, and
// say on which systems they do not run.
package commandline

import (
	"errors"
	"flag"
	"fmt"
	"runtime"
)

// Parse reads the arguments of a command, which are flags only, and checks the values by validate.
// On failure, and after -h, what there is to say is already written to the output of flags, and the
// exit code of the command is returned with false: 2, or 0 after -h.
func Parse(flags *flag.FlagSet, args []string, validate func() error) (code int, ok bool) {
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0, false
	case err != nil:
		return 2, false // Parse of package flag has written why
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	default:
		err = validate()
	}
	if err != nil {
		fmt.Fprintf(flags.Output(), "%s: %v\n", flags.Name(), err)
		return 2, false
	}
	return 0, true
}

// UnsupportedError says that a command does not run on this system. It is an errors.ErrUnsupported.
type UnsupportedError struct{ Command string }

// Error implements error.
func (e *UnsupportedError) Error() string {
	return e.Command + " passes descriptors between processes as Linux does, and does not run on " + runtime.GOOS
}

// Unwrap returns errors.ErrUnsupported.
func (e *UnsupportedError) Unwrap() error { return errors.ErrUnsupported }
