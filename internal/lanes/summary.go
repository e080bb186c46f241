package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// summarize prints what became of the lanes: a table, why tests were skipped, and last of all
// what failed. It returns the exit code.
func summarize(out io.Writer, outcomes []outcome, took time.Duration) int {
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "lane\tpassed\tfailed\tskipped\tseconds\t")
	var failed []string
	for _, o := range outcomes {
		verdict := ""
		switch {
		case o.unfinished:
			verdict = "  NOT CHECKED"
		case !o.ok():
			verdict = "  FAILED"
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%.0f\t%s\n", o.lane, o.passed, len(o.failures), len(o.skips), o.took.Seconds(), verdict)
		if !o.ok() {
			failed = append(failed, o.lane)
		}
	}
	table.Flush()
	fmt.Fprintf(out, "%d lanes in %.0f seconds; their whole output is in .cache/lanes\n", len(outcomes), took.Seconds())
	for _, line := range skipped(outcomes) {
		fmt.Fprintln(out, line)
	}
	if len(failed) == 0 {
		fmt.Fprintln(out, "ok")
		return exitOK
	}
	fmt.Fprintf(out, "\nFAILED: %s\n", strings.Join(failed, ", "))
	for _, o := range outcomes {
		for _, f := range o.failures {
			fmt.Fprintf(out, "\nFAILED %s: %s\n", o.lane, f.name)
			for _, line := range f.message {
				fmt.Fprintln(out, "    "+strings.TrimPrefix(line, "    "))
			}
		}
	}
	return exitFailed
}

// mostNames bounds the tests that are named for one reason.
const mostNames = 10

// skipped lists the reasons why tests were skipped, each once, with the tests and their lanes.
func skipped(outcomes []outcome) []string {
	lanes := map[skip][]string{}
	tests := map[string][]string{}
	var reasons []string
	for _, o := range outcomes {
		for _, s := range o.skips {
			if tests[s.reason] == nil {
				reasons = append(reasons, s.reason)
			}
			if lanes[s] == nil {
				tests[s.reason] = append(tests[s.reason], s.name)
			}
			if !slices.Contains(lanes[s], o.lane) {
				lanes[s] = append(lanes[s], o.lane)
			}
		}
	}
	var lines []string
	for _, why := range reasons {
		var names []string
		for _, name := range tests[why] {
			names = append(names, fmt.Sprintf("%s (%s)", name, strings.Join(lanes[skip{name, why}], ", ")))
		}
		if left := len(names) - mostNames; left > 0 {
			names = append(names[:mostNames], fmt.Sprintf("and %d more", left))
		}
		lines = append(lines, fmt.Sprintf("skipped: %s: %s", why, strings.Join(names, ", ")))
	}
	return lines
}
