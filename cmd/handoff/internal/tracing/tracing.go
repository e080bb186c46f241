// Package tracing is the command handoff trace: it records a run of a broker, of
// backends and of clients on real sockets, with faults, and writes what the
// broker's registry did as text, which the specification can be checked against.
package tracing

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/commandline"
)

// Config says what is recorded. The zero Config is not usable; see [Default].
type Config struct {
	Connections int           // how many client connections there are in all
	InFlight    int           // how many of them at a time
	AckDeadline time.Duration // of the broker
	Seed        uint64        // decides which connections meet a fault
}

// Default returns what is recorded if nobody asks for anything else: it takes a
// few seconds.
func Default() Config {
	return Config{Connections: 100, InFlight: 12, AckDeadline: 150 * time.Millisecond, Seed: 1}
}

// validate refuses what nothing can be recorded with.
func (c *Config) validate() error {
	if c.Connections < 1 || c.InFlight < 1 || c.AckDeadline <= 0 {
		return errors.New("connections, in-flight and ack-deadline must be positive")
	}
	return nil
}

// limit is how long anything may take before the recording is given up.
const limit = 30 * time.Second

// Main runs the command with its arguments and returns its exit code: 0, 1 when
// the run could not be recorded, or 2 for arguments that it does not understand.
func Main(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("handoff trace", flag.ContinueOnError)
	flags.SetOutput(stderr)
	cfg := Default()
	flags.IntVar(&cfg.Connections, "connections", cfg.Connections, "how many client connections to hand over")
	flags.IntVar(&cfg.InFlight, "in-flight", cfg.InFlight, "how many of them at a time")
	flags.DurationVar(&cfg.AckDeadline, "ack-deadline", cfg.AckDeadline, "how long a backend has to acknowledge")
	flags.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "decides which connections meet a fault")
	file := flags.String("o", "", "write to this file; the default is standard output")
	if code, ok := commandline.Parse(flags, args, cfg.validate); !ok {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := main(ctx, cfg, *file, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "handoff trace:", err)
		return 1
	}
	return 0
}

func main(ctx context.Context, cfg Config, file string, stdout, stderr io.Writer) error {
	began := time.Now()
	recording, err := Run(ctx, cfg)
	if err != nil {
		return err
	}
	out := stdout
	if file != "" {
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		defer f.Close()
		out = f
	}
	if err := recording.Write(out); err != nil {
		return err
	}
	count := 0
	for _, t := range recording.Traces {
		count += len(t.Events)
	}
	fmt.Fprintf(stderr, "%d events of %d connections, and %d scenarios, in %.1f s; check them with: go run ./spec/trace -file F\n",
		count, cfg.Connections, len(recording.Transfers), time.Since(began).Seconds())
	return nil
}
