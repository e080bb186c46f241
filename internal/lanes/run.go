package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/handoff-go/handoff/internal/command"
)

// A reader understands what the command of one step prints.
type reader interface {
	// line reads one line. It returns what to tell the user at once; empty: nothing.
	line(text string) (progress string)
	// end returns the outcome of the step, whose command ended with err.
	end(err error) outcome
}

// runner runs lanes.
type runner struct {
	root string // of the module
	logs string // the folder for the whole output of each lane

	mu  sync.Mutex
	out io.Writer // under mu
}

func (r *runner) say(lane, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, "%-7s %s\n", lane, text)
}

// all runs lanes, and returns their outcomes in the same order.
func (r *runner) all(ctx context.Context, chosen []lane) []outcome {
	outcomes := make([]outcome, len(chosen))
	tracks := map[string][]int{}
	for i, l := range chosen {
		outcomes[i].lane = l.name
		// One at a time, and before any test: a test that needs a tool shall find it.
		if missing := r.provide(ctx, l.tools); missing != nil {
			outcomes[i].failures = []failure{*missing}
			outcomes[i].unfinished = true
			r.say(l.name, "NOT checked: "+missing.name)
			continue
		}
		tracks[l.track] = append(tracks[l.track], i)
	}
	var running sync.WaitGroup
	for _, track := range tracks {
		running.Go(func() {
			for _, i := range track {
				outcomes[i] = r.one(ctx, chosen[i])
				r.say(chosen[i].name, "done: "+outcomes[i].counts())
			}
		})
	}
	running.Wait()
	return outcomes
}

func (o *outcome) counts() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped, %.0f s", o.passed, len(o.failures), len(o.skips), o.took.Seconds())
}

// provide installs tools where that is allowed, and makes them ready. It returns nil if they are.
func (r *runner) provide(ctx context.Context, tools []tool) *failure {
	for _, t := range tools {
		commands := [][]string{{"scripts/need", t.programs, t.packages, t.consequence}}
		if t.prepare != nil {
			commands = append(commands, t.prepare)
		}
		for _, c := range commands {
			said, err := command.Output(ctx, r.root, c[0], c[1:]...)
			if err != nil {
				return &failure{t.consequence, excerpt(append(strings.Split(strings.TrimSpace(said), "\n"), err.Error()))}
			}
		}
	}
	return nil
}

// one runs the steps of a lane.
func (r *runner) one(interrupted context.Context, l lane) outcome {
	o := outcome{lane: l.name}
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(interrupted, l.limit, fmt.Errorf("it did not end within %v", l.limit))
	defer cancel()
	log, done, err := r.log(l.name)
	if err != nil {
		o.failures = []failure{{name: l.name, message: []string{err.Error()}}}
		return o
	}
	defer done()
	for _, s := range l.steps {
		read := s.read(s)
		err := command.Lines(ctx, r.root, func(text string) {
			fmt.Fprintln(log, text)
			if progress := read.line(text); progress != "" {
				r.say(l.name, progress)
			}
		}, s.command[0], s.command[1:]...)
		o.add(read.end(err))
		if ctx.Err() != nil {
			break
		}
	}
	o.took = time.Since(began)
	switch {
	case interrupted.Err() != nil:
		o.unfinished = true
		o.failures = append(o.failures, failure{l.name, []string{"interrupted"}})
	case ctx.Err() != nil:
		o.unfinished = true
		o.failures = append(o.failures, failure{l.name, []string{context.Cause(ctx).Error()}})
	case o.passed == 0 && len(o.failures) == 0:
		o.failures = []failure{{l.name, []string{"nothing was checked"}}}
	}
	return o
}

// log opens the file for the output of a lane, and returns what closes it.
func (r *runner) log(lane string) (io.Writer, func(), error) {
	if err := os.MkdirAll(r.logs, 0o755); err != nil {
		return nil, nil, err
	}
	f, err := os.Create(filepath.Join(r.logs, lane+".log"))
	if err != nil {
		return nil, nil, err
	}
	w := bufio.NewWriter(f)
	return w, func() { w.Flush(); f.Close() }, nil // what it says is printed as well
}
