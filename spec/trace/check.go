package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/handoff-go/handoff/spec/internal/tlatools"
)

// verdict is what the specification says of one trace, or one edit of it.
type verdict struct {
	accepted bool
	steps    int    // it takes so many events
	before   string // the state that the next one does not fit, as TLC prints it
}

// place is the number of a trace in its batch, and that of an edit of it, or 0.
type place struct{ trace, edit int }

// checker checks batches with TLC.
type checker struct {
	tools tlatools.Tools
	spec  string // the folder of the specification
}

// check returns the verdicts on a batch. There is none on the edits of a trace
// that begin where it is refused already.
func (c *checker) check(ctx context.Context, b batch) (map[place]verdict, error) {
	var module, cfg strings.Builder
	if err := b.write(moduleName, &module, &cfg); err != nil {
		return nil, err
	}
	out, err := c.run(ctx, module.String(), cfg.String())
	if err != nil {
		return nil, err
	}
	verdicts, err := read(out)
	if err != nil {
		return nil, err
	}
	for i := range b {
		if _, told := verdicts[place{i + 1, 0}]; !told {
			return nil, fmt.Errorf("TLC says nothing of trace %s:\n%s", b[i].Name, out)
		}
	}
	return verdicts, nil
}

// run runs TLC on a module that it is given the text of, and returns what it prints.
func (c *checker) run(ctx context.Context, module, cfg string) (string, error) {
	temp, err := os.MkdirTemp("", "traces-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	file := filepath.Join(temp, moduleName)
	if err := os.WriteFile(file+".tla", []byte(module), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(file+".cfg", []byte(cfg), 0o600); err != nil {
		return "", err
	}
	library := c.spec + string(os.PathListSeparator) + filepath.Join(c.spec, "trace")
	cmd := exec.CommandContext(ctx, c.tools.Java, "-XX:+UseSerialGC",
		"-Djava.io.tmpdir="+temp, "-DTLA-Library="+library, "-cp", c.tools.Jar, "tlc2.TLC",
		"-tool", "-nowarning", "-fp", "0", "-workers", "1", "-metadir", filepath.Join(temp, "states"),
		"-config", moduleName+".cfg", moduleName)
	cmd.Dir = temp
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("TLC: %w\n%s", err, out)
	}
	return string(out), nil
}

// read reads the verdicts that module TraceHandoff prints.
func read(out string) (map[place]verdict, error) {
	verdicts := map[place]verdict{}
	for line := range strings.Lines(out) {
		text, err := strconv.Unquote(strings.TrimSpace(line))
		if err != nil {
			continue // not a string of TLA+
		}
		words := strings.SplitN(text, " ", 5)
		if len(words) < 5 || words[0] != "accepted" && words[0] != "refused" {
			continue
		}
		var n [3]int
		for i := range n {
			if n[i], err = strconv.Atoi(words[i+1]); err != nil {
				return nil, fmt.Errorf("TLC printed %q: %w", text, err)
			}
		}
		at := place{n[0], n[1]}
		if _, twice := verdicts[at]; twice {
			return nil, fmt.Errorf("TLC has two verdicts on trace %d, edit %d: a trace leads to more than one state", at.trace, at.edit)
		}
		verdicts[at] = verdict{accepted: words[0] == "accepted", steps: n[2], before: words[4]}
	}
	return verdicts, nil
}
