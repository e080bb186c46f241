// Package demo is the command "handoff demo": one broker process, two backend
// processes and many clients, with faults that a seed plans.
//
// The broker hands accepted connections to the backends by the real protocol. Most
// clients are plain HTTP; every fifth speaks the explicit mode. What a first attempt
// meets is a service of its own, so that nothing else can decide it:
//
//	ok     the backends acknowledge
//	slow   they write each ACK only when the broker has expired the handoff
//	never  they never accept, so no ACK is written
//	kill   they die by SIGKILL with the offer in hand
//	retry  as ok: all later attempts
//
// A connection is offered to two backends, one after the other. Then an explicit
// client is told to reconnect, every other plain one of "never" is proxied, and the
// others are ended: they repeat their GET on a new connection. In the end the
// registry's counts, the broker's own, the backends' and the clients' must agree.
//
// All processes are the same binary: it runs itself again under the name of a
// role. Descriptors are passed on Linux only; elsewhere Run says so.
package demo

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/handoff-go/handoff/cmd/handoff/internal/commandline"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// Config is what one run of the demo does. The zero Config is not valid; start
// from DefaultConfig.
type Config struct {
	Seed        uint64      // decides which connection meets which fault
	Connections int         // how many clients want an answer, 1 to 100,000
	Parallel    int         // how many of them at once, 1 to 1,024
	Faults      plan.Faults // the share of each fault
	Trace       string      // a file for what the broker's registry did; empty: none
}

// DefaultConfig returns what the demo does without flags.
func DefaultConfig() Config {
	return Config{Seed: 1, Connections: 1000, Parallel: 128, Faults: plan.On()}
}

// Validate returns a *ConfigError for a number out of its range.
func (c Config) Validate() error {
	for _, f := range []struct {
		name        string
		value, most int
	}{{"connections", c.Connections, 100_000}, {"parallel", c.Parallel, 1024}} {
		if f.value < 1 || f.value > f.most {
			return &ConfigError{Flag: f.name, Value: f.value, Most: f.most}
		}
	}
	return nil
}

// ConfigError says which flag is out of its range, which begins at 1.
type ConfigError struct {
	Flag        string
	Value, Most int
}

// Error implements error.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("%s %d is not in 1 to %d", e.Flag, e.Value, e.Most)
}

// register makes c settable by flags, with its values as defaults.
func (c *Config) register(flags *flag.FlagSet) {
	flags.Uint64Var(&c.Seed, "seed", c.Seed, "`number` that decides which connection meets which fault")
	flags.IntVar(&c.Connections, "connections", c.Connections, "`number` of clients that want an answer")
	flags.IntVar(&c.Parallel, "parallel", c.Parallel, "`number` of clients at once")
	flags.StringVar(&c.Trace, "trace", c.Trace, "write what the broker's registry did to this `file`, for the specification to judge")
	flags.Var(&c.Faults, "faults", "on, off, or the `percentages` of first attempts, like slow=5,never=5,kill=5")
}

// parse reads a command line into c, and returns what [commandline.Parse] does.
func parse(flags *flag.FlagSet, c *Config, args []string, stderr io.Writer) (code int, ok bool) {
	flags.SetOutput(stderr)
	c.register(flags)
	return commandline.Parse(flags, args, func() error { return c.Validate() })
}

// Main runs the demo as its flags say: progress on stderr, the closing table on
// stdout. It returns the exit code: 0 if every client was answered and all
// counts agree, 1 if not, 2 for a bad command line.
func Main(args []string, stdout, stderr io.Writer) int {
	cfg := DefaultConfig()
	if code, ok := parse(flag.NewFlagSet("handoff demo", flag.ContinueOnError), &cfg, args, stderr); !ok {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ledger, err := Run(ctx, cfg, stderr)
	if err == nil {
		ledger.Print(stdout)
		err = ledger.Check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "handoff demo: %v\n", err)
		return 1
	}
	return 0
}

// The names under which the demo runs its own binary again.
const (
	brokerRole  = "demo-broker"
	backendRole = "demo-backend"
)

// IsRole reports whether a command is one that the demo itself starts.
func IsRole(name string) bool { return name == brokerRole || name == backendRole }

// RoleMain is the main function of a process that the demo started. It returns
// the exit code.
func RoleMain(name string, args []string, stderr io.Writer) int {
	cfg := DefaultConfig()
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	self := flags.String("name", "", "what this backend is called")
	dir := flags.String("dir", "", "where the sockets are")
	if code, ok := parse(flags, &cfg, args, stderr); !ok {
		return code
	}
	// An interrupt goes to the whole process group, but the first process ends
	// the others in order.
	signal.Ignore(os.Interrupt)
	var err error
	if name == brokerRole {
		err = serveAsBroker(cfg, *dir, os.Stdin, os.Stdout)
	} else {
		err = serveAsBackend(cfg, *self, *dir, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s %s: %v\n", name, *self, err)
		return 1
	}
	return 0
}
