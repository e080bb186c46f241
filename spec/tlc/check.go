package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	handoff "github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/spec/graph"
)

// checker runs TLC on the models in one folder.
type checker struct {
	java, jar, dir string
	archive        string // of TLC's classes, which Java loads faster from there; empty: none
}

// checkAll checks models and reports each as it is done, one at a time, and all
// of them in the manifest's order. Models with several workers go first and
// alone; then the others, the largest first, as many at once as there are jobs.
func (c *checker) checkAll(ctx context.Context, models []model, jobs int, done func(report)) []report {
	reports := make([]report, len(models))
	order := make([]int, len(models))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := models[i], models[j]
		return cmp.Or(cmp.Compare(b.Workers, a.Workers), cmp.Compare(b.States, a.States))
	})

	var printing sync.Mutex
	check := func(i int) {
		began := time.Now()
		result := c.check(ctx, models[i])
		reports[i] = report{model: models[i], result: result, took: time.Since(began)}
		printing.Lock()
		defer printing.Unlock()
		done(reports[i])
	}
	single := slices.IndexFunc(order, func(i int) bool { return models[i].Workers == 1 })
	if single < 0 {
		single = len(order)
	}
	for _, i := range order[:single] {
		check(i)
	}
	next := make(chan int)
	var workers sync.WaitGroup
	for range jobs {
		workers.Go(func() {
			for i := range next {
				check(i)
			}
		})
	}
	for _, i := range order[single:] {
		next <- i
	}
	close(next)
	workers.Wait()
	return reports
}

// check runs TLC on one model. Whatever TLC writes goes to a folder that is
// removed afterwards.
func (c *checker) check(ctx context.Context, m model) result {
	temp, err := os.MkdirTemp("", "tlc-")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(temp)
	cfg, err := c.configure(temp, m)
	if err != nil {
		return failed(err)
	}
	cmd := exec.CommandContext(ctx, c.java, c.arguments(temp, cfg, m)...)
	cmd.Dir = filepath.Join(c.dir, filepath.Dir(m.Module))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return failed(err)
	}
	found := read(string(out), cmd.ProcessState.ExitCode())
	found.processor = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if m.Graph != nil && found.verdict == holds {
		return sameGraph(found, filepath.Join(temp, dumpName), m.Graph)
	}
	return found
}

// dumpName is where TLC writes the state graph.
const dumpName = "graph.dot"

// sameGraph holds the graph that TLC dumped against that of the Go model.
func sameGraph(found result, file string, b *bounds) result {
	dump, err := os.Open(file)
	if err != nil {
		return failed(err)
	}
	defer dump.Close()
	ofSpec, err := graph.ReadDot(dump)
	if err != nil {
		return failed(err)
	}
	err = graph.Compare(handoff.Explore(handoff.Constants{
		Tokens: b.Tokens, MaxPending: b.MaxPending, Horizon: handoff.Instant(b.Horizon),
		AckDeadline: handoff.Instant(b.AckDeadline), TokenTTL: handoff.Instant(b.TokenTTL),
	}), ofSpec)
	if n, e := len(ofSpec.Nodes), len(ofSpec.Edges); err == nil && (n != b.Nodes || e != b.Edges) {
		err = fmt.Errorf("the graphs are equal, but have %d nodes and %d edges, not %d and %d", n, e, b.Nodes, b.Edges)
	}
	if err != nil {
		found.verdict = another
		found.text += "\n" + err.Error() + "\n"
	}
	return found
}

// configure returns the configuration of m: its file, or a copy in the folder
// temp if m adds an invariant.
func (c *checker) configure(temp string, m model) (string, error) {
	file := filepath.Join(c.dir, m.Cfg)
	if m.Invariant == "" {
		return file, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	text = append(text, "\nINVARIANT "+m.Invariant+"\n"...)
	file = filepath.Join(temp, m.Name+".cfg")
	return file, os.WriteFile(file, text, 0o644)
}

// Below these numbers of states compiling well costs Java more than it gains. A
// model that must fail asks for few properties, so a state of it costs less.
const (
	smallHolds = 5000
	smallFails = 20000
)

func small(m model) bool {
	return m.States < smallHolds || m.Verdict != holds && m.States < smallFails
}

// arguments make a run repeatable: the fingerprints are fixed, and liveness is
// checked at the end only, not whenever some time has passed.
func (c *checker) arguments(temp, cfg string, m model) []string {
	args := []string{"-XX:+UseSerialGC"}
	switch {
	case m.Workers > 1:
		args = []string{"-XX:+UseParallelGC"}
	case small(m):
		args = append(args, "-XX:TieredStopAtLevel=1")
	}
	var dump []string
	if m.Graph != nil {
		dump = []string{"-dump", "dot,actionlabels", filepath.Join(temp, dumpName)}
	}
	module := strings.TrimSuffix(filepath.Base(m.Module), ".tla")
	if c.archive != "" {
		args = append(args, "-XX:SharedArchiveFile="+c.archive)
	}
	args = append(args,
		"-Djava.io.tmpdir="+temp,
		"-DTLA-Library="+c.dir,
		"-cp", c.jar, "tlc2.TLC",
		"-tool", "-nowarning",
		"-fp", "0", "-lncheck", "final",
		"-workers", strconv.Itoa(m.Workers),
		"-metadir", filepath.Join(temp, "states"))
	return append(append(args, dump...), "-config", cfg, module)
}
