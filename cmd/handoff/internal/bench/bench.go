// Package bench is the command "handoff bench": what a handoff costs beside the
// reconnect that it replaces, and whether a million of them with random faults leave
// anything behind.
//
// Each run has a broker's process, backends' processes, and the load, which is the
// first process. All are the same binary under the names of roles. They run on Linux
// only; elsewhere both commands say so.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/handoff-go/handoff/cmd/handoff/internal/commandline"
)

const usage = `Usage:
	handoff bench handoff [flags]    the latency of a handoff beside that of a reconnect
	handoff bench soak [flags]       many handoffs with random faults, and what they leave behind

Flags: handoff bench COMMAND --help
`

// The names under which the command runs its own binary again.
const (
	brokerRole  = "bench-broker"
	backendRole = "bench-backend"
)

// result is what a run found.
type result interface {
	Print(io.Writer)
	Check() error // what is not as it must be
}

// Main runs one of the commands. Its table or JSON goes to stdout, all else to stderr.
// It returns the exit code: 0, 1 if something is not as it must be, or 2 for a bad
// command line.
func Main(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		fmt.Fprint(stdout, usage)
		return 0
	}
	name := "handoff bench " + args[0]
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "print JSON in place of the table")
	var validate func() error
	var run func(context.Context, io.Writer) (result, error)
	switch args[0] {
	case "handoff":
		c := DefaultConfig()
		c.register(flags)
		validate = func() error { return c.Validate() }
		run = func(ctx context.Context, w io.Writer) (result, error) { return asResult(Run(ctx, c, w)) }
	case "soak":
		c := DefaultSoakConfig()
		c.register(flags)
		validate = func() error { return c.Validate() }
		run = func(ctx context.Context, w io.Writer) (result, error) { return asResult(Soak(ctx, c, w)) }
	default:
		fmt.Fprintf(stderr, "handoff bench: no command is called %q\n\n%s", args[0], usage)
		return 2
	}
	if code, ok := commandline.Parse(flags, args[1:], validate); !ok {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	got, err := run(ctx, stderr)
	if err == nil {
		if *asJSON {
			err = json.NewEncoder(stdout).Encode(got)
		} else {
			got.Print(stdout)
		}
		err = errors.Join(err, got.Check())
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}

// asResult keeps a nil pointer from becoming a result.
func asResult[T any, P interface {
	*T
	result
}](got P, err error) (result, error) {
	if err != nil {
		return nil, err
	}
	return got, nil
}

// IsRole reports whether a command is one that this package itself starts.
func IsRole(name string) bool { return name == brokerRole || name == backendRole }

// RoleMain is the main function of a process that this package started. It returns the
// exit code.
func RoleMain(name string, args []string, stderr io.Writer) int {
	var r role
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&r.dir, "dir", "", "where the sockets are")
	flags.BoolVar(&r.soak, "soak", false, "short deadlines")
	flags.BoolVar(&r.faults, "faults", false, "inject faults")
	if code, ok := commandline.Parse(flags, args, func() error { return nil }); !ok {
		return code
	}
	// An interrupt goes to the whole process group, but the first process ends the
	// others in order.
	signal.Ignore(os.Interrupt)
	serve := serveAsBroker
	if name == backendRole {
		serve = serveAsBackend
	}
	if err := serve(r, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}

// role is what a process is told when it starts.
type role struct {
	dir          string
	soak, faults bool
}

// ConfigError says which flag is out of its range.
type ConfigError struct{ Flag, Value, Want string }

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("%s %s: want %s", e.Flag, e.Value, e.Want)
}

func within(name string, value, least, most int) error {
	if value < least || value > most {
		return &ConfigError{Flag: name, Value: fmt.Sprint(value), Want: fmt.Sprintf("%d to %d", least, most)}
	}
	return nil
}

// The networks that clients can connect by.
func networks() []string { return []string{"unix", "tcp"} }

func checkNetwork(name string) error {
	if !slices.Contains(networks(), name) {
		return &ConfigError{Flag: "network", Value: fmt.Sprintf("%q", name), Want: strings.Join(networks(), " or ")}
	}
	return nil
}
