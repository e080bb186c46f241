// Command lanes runs the checks behind "make test" and reports on them.
//
//	go run ./internal/lanes [-list] [lane ...]
//
// A lane is one kind of check: vet, the tests, the tests under the race detector, the
// specification, the traces. Without arguments all lanes run. Lanes of one track run one after
// the other; the tracks run side by side, because the Go tests wait for sockets and clocks much
// of the time, and TLC computes.
//
// While the lanes run, each package and each step prints a line as it ends. Then comes the
// summary: for each lane what passed, failed and was skipped, and its seconds; then why tests were
// skipped; and last of all the name and the message of whatever failed. The whole output of a
// lane is in .cache/lanes.
//
// The exit code is 0 if every lane ran and nothing failed, 1 if something failed or could not be
// checked, 2 for a command line that it does not understand. (go run turns 2 into 1.)
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/internal/command"
)

// The exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], lanes(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the lanes of all that the arguments name.
func run(ctx context.Context, args []string, all []lane, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("lanes", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.Bool("list", false, "list the lanes and stop")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	chosen, err := choose(all, flags.Args())
	if err != nil {
		fmt.Fprintln(stderr, "lanes:", err)
		return exitUsage
	}
	if *list {
		for _, l := range chosen {
			fmt.Fprintf(stdout, "%-8s %s\n", l.name, l.shows)
		}
		return exitOK
	}
	root, err := command.ModuleRoot()
	if err != nil {
		fmt.Fprintln(stderr, "lanes:", err)
		return exitUsage
	}
	r := runner{root: root, logs: filepath.Join(root, ".cache", "lanes"), out: stdout}
	began := time.Now()
	fmt.Fprintln(stdout, announce(chosen))
	outcomes := r.all(ctx, chosen)
	return summarize(stdout, outcomes, time.Since(began))
}

// choose returns the lanes with these names, in the order of all; no names: all lanes.
func choose(all []lane, names []string) ([]lane, error) {
	for _, name := range names {
		if !slices.ContainsFunc(all, func(l lane) bool { return l.name == name }) {
			return nil, fmt.Errorf("no lane is called %q; -list lists them", name)
		}
	}
	if len(names) == 0 {
		return all, nil
	}
	var chosen []lane
	for _, l := range all {
		if slices.Contains(names, l.name) {
			chosen = append(chosen, l)
		}
	}
	return chosen, nil
}

// announce says what will run and how long it takes on two idle cores, between which the tracks
// divide the work.
func announce(chosen []lane) string {
	var names []string
	var work time.Duration
	for _, l := range chosen {
		names = append(names, l.name)
		work += l.work
	}
	return fmt.Sprintf("lanes: %s. This takes about %s on two idle cores, longer on a busy machine or when nothing is compiled yet.",
		strings.Join(names, ", "), (work / 2).Round(10*time.Second))
}
