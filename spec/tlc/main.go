// Command tlc checks the models of the specification with TLC and holds their
// outcome to the manifest: what TLC found, how it exited, and how many distinct
// states there are.
//
//	go run ./spec/tlc [-lane default|long|all] [-only NAME] [-jobs N] [-workers N] [-update] [-v] [-json]
//	go run ./spec/tlc -fetch
//
// With -json it prints JSON lines instead of a table: those of package results.
//
// It needs Java, and Maven the first time. A file of the specification that no
// model uses, or a model without its files, is a failure as well.
//
// Exit codes: 0 all is as the manifest says; 1 something is not; 2 wrong usage
// or a broken manifest; 3 Java is missing; 4 TLC could not be fetched; 5 TLC is
// not the one that is pinned. (go run turns all but 0 into 1 and prints the code.)
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/handoff-go/handoff/internal/command"
	"github.com/handoff-go/handoff/internal/results"
	"github.com/handoff-go/handoff/spec/internal/tlatools"
)

const (
	exitOK = iota
	exitDiffers
	exitUsage
	exitNoJava
	exitNoTLC
	exitWrongTLC
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("tlc", flag.ContinueOnError)
	flags.SetOutput(stderr)
	lane := flags.String("lane", laneDefault, "check the models of this lane: default, long or all")
	only := flags.String("only", "", "check only these models: names, or patterns of path.Match within the lane, separated by commas")
	jobs := flags.Int("jobs", 2, "how many single-worker models to check at once")
	workers := flags.Int("workers", 0, "give no model more workers than this, which takes less processor time where other work runs beside; 0: the manifest's")
	update := flags.Bool("update", false, "write the state counts found to the manifest and the README, where all else is as expected")
	verbose := flags.Bool("v", false, "print what TLC says of every model, not only of those that differ")
	fetch := flags.Bool("fetch", false, "find Java and TLC, fetch TLC if it is not there, and stop")
	asJSON := flags.Bool("json", false, "print JSON lines, those of package results")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	p := printer{out: stdout, verbose: *verbose, update: *update}
	if *asJSON {
		p.lines = results.NewWriter(stdout)
	}
	fail := func(err error) int {
		fmt.Fprintln(stderr, "tlc:", err)
		p.lines.Write(results.Line{Problem: err.Error()}) // it is on stderr in any case
		return exitCode(err)
	}
	if flags.NArg() > 0 || *jobs < 1 || *workers < 0 {
		return fail(usageError("unexpected arguments, -jobs below 1, or -workers below 0"))
	}
	root, err := command.ModuleRoot()
	if err != nil {
		return fail(usageError(err.Error()))
	}
	dir := filepath.Join(root, "spec")
	manifest, err := loadManifest(filepath.Join(dir, manifestName))
	if err != nil {
		return fail(err)
	}
	models, err := choose(manifest.Models, *lane, *only)
	if err != nil {
		return fail(err)
	}
	problems := manifest.check(dir)
	tools, err := tlatools.Find(ctx, filepath.Join(root, ".cache"))
	if err != nil {
		return fail(err)
	}
	if *fetch {
		return exitOK
	}
	if *workers > 0 {
		for i := range models {
			models[i].Workers = min(models[i].Workers, *workers)
		}
	}
	checker := &checker{java: tools.Java, jar: tools.Jar, dir: dir}
	checker.archive = checker.makeArchive(ctx, filepath.Join(root, ".cache"))

	began := time.Now()
	reports := checker.checkAll(ctx, models, *jobs, p.report)
	if *update {
		if err := manifest.update(filepath.Join(dir, manifestName), reports); err != nil {
			return fail(err)
		}
		if err := manifest.updateReadme(filepath.Join(dir, readmeName)); err != nil {
			return fail(err)
		}
	}
	return p.summarize(reports, problems, time.Since(began))
}

// usageError is a wrong way of calling the command, or a manifest that cannot be
// read.
type usageError string

func (e usageError) Error() string { return string(e) }

func exitCode(err error) int {
	var usage usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, tlatools.ErrNoJava):
		return exitNoJava
	case errors.Is(err, tlatools.ErrNoTLC):
		return exitNoTLC
	case errors.Is(err, tlatools.ErrWrongTLC):
		return exitWrongTLC
	default:
		return exitDiffers
	}
}
