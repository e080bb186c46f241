// Command handoff shows what the module does.
//
//	handoff demo     hand real client connections from a broker to backends
//	handoff bench    what a handoff costs, and whether a million leave anything behind
//	handoff trace    record a run with faults, for the specification to check
//
// It exits 0 on success, 1 when something is not as it must be, and 2 for a
// command line that it does not understand.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/handoff-go/handoff/cmd/handoff/internal/bench"
	"github.com/handoff-go/handoff/cmd/handoff/internal/demo"
	"github.com/handoff-go/handoff/cmd/handoff/internal/tracing"
)

const usage = `handoff hands live client connections from a broker to backend processes.

Usage:

	handoff demo [flags]             real processes, real sockets, planned faults, and the ledger of it all
	handoff bench handoff [flags]    the latency of a handoff beside that of the reconnect that it replaces
	handoff bench soak [flags]       a great many handoffs with random faults, and what they leave behind
	handoff trace [flags]            record what a broker's registry does in a run with faults, as text
	handoff help                     this text

Flags of a command: handoff COMMAND --help
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run executes one command line and returns its exit code.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stdout, usage)
		return 0
	}
	switch name, rest := args[0], args[1:]; {
	case name == "help" || name == "-h" || name == "-help" || name == "--help":
		fmt.Fprint(stdout, usage)
		return 0
	case name == "demo":
		return demo.Main(rest, stdout, stderr)
	case name == "trace":
		return tracing.Main(rest, stdout, stderr)
	case name == "bench":
		return bench.Main(rest, stdout, stderr)
	case bench.IsRole(name):
		return bench.RoleMain(name, rest, stderr)
	case demo.IsRole(name):
		return demo.RoleMain(name, rest, stderr)
	default:
		fmt.Fprintf(stderr, "handoff: no command is called %q\n\n%s", name, usage)
		return 2
	}
}
