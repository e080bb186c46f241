package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/results"
)

// script stands in for the commands of the chain: it prints what they print when all is
// well, save what a test changes in a line.
type script struct {
	t      *testing.T
	change func(line string) string
	fails  string // the command that exits with an error
	mu     sync.Mutex
	ran    []string // under mu
}

func (s *script) start(_ context.Context, dir string, args []string, line func(string)) error {
	called := strings.Join(args, " ")
	s.mu.Lock()
	s.ran = append(s.ran, called)
	s.mu.Unlock()
	for _, text := range s.lines(dir, args) {
		if s.change != nil {
			text = s.change(text)
		}
		if text != "" {
			line(text)
		}
	}
	if s.fails != "" && strings.Contains(called, s.fails) {
		return errors.New("exit status 1")
	}
	return nil
}

func (s *script) lines(root string, args []string) []string {
	models, err := readModels(root)
	require.NoError(s.t, err)
	var lines []string
	switch called := strings.Join(args, " "); {
	case strings.HasPrefix(called, "go test"):
		seen := map[string]bool{}
		for _, g := range guarantees() {
			for _, name := range g.tests {
				pkg, test, _ := strings.Cut(name, ".")
				walks := strings.Contains(test, "Walk")
				left := walks && strings.Contains(called, "-skip Walk") || !walks && strings.Contains(called, "-run Walk")
				if left || seen[name] || !strings.Contains(called, "/"+pkg) {
					continue
				}
				seen[name] = true
				add := func(e results.TestEvent) {
					e.Package = modulePath + "/" + pkg
					text, err := json.Marshal(e)
					require.NoError(s.t, err)
					lines = append(lines, string(text))
				}
				add(results.TestEvent{Action: "run", Test: test})
				add(results.TestEvent{Action: "output", Test: test, Output: "    x_test.go:1: what it says\n"})
				add(results.TestEvent{Action: "attr", Test: test, Key: "sequences", Value: "10000"})
				add(results.TestEvent{Action: "attr", Test: test, Key: "seed", Value: "x"})
				add(results.TestEvent{Action: "pass", Test: test + "/part"})
				add(results.TestEvent{Action: "pass", Test: test, Elapsed: 0.5})
			}
		}
		if lines == nil {
			lines = []string{`{"Action":"pass","Package":"m","Test":"TestOther"}`}
		}
	case strings.Contains(called, "./spec/tlc"):
		n := 0
		for _, m := range models {
			must := strings.HasPrefix(m.name, "Fail") || strings.HasPrefix(m.name, "Claim")
			if must == strings.Contains(called, "Fail*") {
				n++
				lines = append(lines, s.encode(results.Line{Model: &results.Model{Name: m.name, Verdict: "holds", States: 7, Seconds: 1.5}}))
			}
		}
		lines = append(lines, s.encode(results.Line{Summary: &results.Summary{Passed: n}}))
	case strings.Contains(called, "./internal/mutants"):
		for _, g := range guarantees() {
			lines = append(lines, s.encode(results.Line{Mutant: &results.Mutant{Name: "breaks-" + g.id, Group: g.id, By: "model", Killed: true}}))
		}
		lines = append(lines, s.encode(results.Line{Summary: &results.Summary{Passed: len(lines)}}))
	default:
		lines = []string{
			s.encode(results.Line{Traces: &results.Traces{Traces: 60, Events: 4000, IllegalMutants: 500, RefusedMutants: 500}}),
			s.encode(results.Line{Summary: &results.Summary{Passed: 560}}),
		}
	}
	return lines
}

func (s *script) encode(l results.Line) string {
	var text bytes.Buffer
	require.NoError(s.t, results.NewWriter(&text).Write(l))
	return strings.TrimSpace(text.String())
}

// verifyWith runs the command on a script, inside this checkout.
func verifyWith(t *testing.T, s *script, args ...string) (code int, printed, md, html string) {
	t.Helper()
	s.t = t
	name := filepath.Join(t.TempDir(), "report")
	var out bytes.Buffer
	code = run(t.Context(), append(args, "-o", name), &out, &out, s.start)
	page, err := os.ReadFile(name + ".md")
	require.NoError(t, err, out.String())
	web, err := os.ReadFile(name + ".html")
	require.NoError(t, err)
	return code, out.String(), string(page), string(web)
}

// withJava puts a java on the path, or makes sure that there is none.
func withJava(t *testing.T, there bool) {
	t.Helper()
	bin := t.TempDir()
	if there {
		require.NoError(t, os.WriteFile(filepath.Join(bin, "java"), []byte("#!/bin/sh\necho openjdk 17\n"), 0o755))
	}
	t.Setenv("PATH", bin)
}

func TestEverythingHolds(t *testing.T) {
	withJava(t, true)
	s := &script{}
	code, printed, md, html := verifyWith(t, s)
	require.Equal(t, exitVerified, code, printed)
	require.Len(t, s.ran, len(chain()))
	for _, page := range []string{md, html} {
		require.NotContains(t, page, string(failed))
		require.NotContains(t, page, string(notChecked))
		for _, g := range guarantees() {
			require.Contains(t, page, g.id)
			for _, name := range append(g.properties, g.tests...) {
				require.Contains(t, page, name)
			}
		}
	}
	require.Contains(t, md, "# Verification report: verified")
	require.Contains(t, md, "40,000 sequences", "the sum over the tests of a guarantee")
	require.Contains(t, printed, "verified in")
}

// What is wrong anywhere is wrong in the end, and is named.
func TestWhatFailsIsNamed(t *testing.T) {
	withJava(t, true)
	replace := func(old, new string) func(string) string {
		return func(line string) string { return strings.Replace(line, old, new, 1) }
	}
	for name, c := range map[string]struct {
		script   *script
		verdict  verdict
		contains []string
	}{
		"a command": {
			&script{fails: "./spec/trace"}, failed, []string{"exit status 1"},
		},
		"a test": {
			&script{change: func(line string) string {
				if strings.Contains(line, `"Test":"TestAllocs"`) {
					return strings.Replace(line, `"Action":"pass"`, `"Action":"fail"`, 1)
				}
				return line
			}, fails: "./registry"}, failed,
			[]string{"G5: registry.TestAllocs failed", "x_test.go:1"},
		},
		"a part of a test": {
			&script{change: func(line string) string {
				if strings.Contains(line, `"Test":"TestAllocs/part"`) {
					return strings.Replace(line, `"Action":"pass"`, `"Action":"fail"`, 1)
				}
				return strings.Replace(line, `"Action":"pass","Package":"`+modulePath+`/registry","Test":"TestAllocs"`,
					`"Action":"fail","Package":"`+modulePath+`/registry","Test":"TestAllocs"`, 1)
			}, fails: "./registry"}, failed,
			[]string{"registry.TestAllocs/part failed:", "registry.TestAllocs failed:"},
		},
		"a test that is skipped": {
			&script{change: func(line string) string {
				if strings.Contains(line, `"Test":"TestLateAckIsFenced"`) {
					return strings.Replace(line, `"Action":"pass"`, `"Action":"skip"`, 1)
				}
				return line
			}}, notChecked, []string{"G9: broker.TestLateAckIsFenced did not run", "1 skipped"},
		},
		"a test that is gone": {
			&script{change: replace(`"Test":"TestMemoryComesBack"`, `"Test":"TestAnother"`)}, notChecked,
			[]string{"G5: registry.TestMemoryComesBack did not run"},
		},
		"a model that differs": {
			&script{change: func(line string) string {
				if strings.Contains(line, `"MCLiveness"`) {
					return strings.Replace(line, `"seconds"`, `"differences":["distinct states 7, not 8"],"seconds"`, 1)
				}
				return line
			}, fails: "MC*"}, failed,
			[]string{"G7: MCLiveness is not as it must be", "MCLiveness differs from the manifest: distinct states 7, not 8"},
		},
		"a model that is not there": {
			&script{change: func(line string) string {
				if strings.Contains(line, `"FailNobodySweeps"`) {
					return ""
				}
				return line
			}}, notChecked, []string{"G7: FailNobodySweeps was not run"},
		},
		"a mutant that survives": {
			&script{change: func(line string) string {
				if strings.Contains(line, `"breaks-G3"`) {
					return strings.Replace(line, `"killed":true`, `"killed":false,"problem":"breaks-G3 survived"`, 1)
				}
				return line
			}, fails: "mutants"}, failed,
			[]string{"G3: mutant breaks-G3 was not killed", "breaks-G3 survived"},
		},
		"no mutant of a guarantee": {
			&script{change: replace(`"group":"G8"`, `"group":"G1"`)}, notChecked,
			[]string{"G8: no mutant breaks it"},
		},
		"a command that ends in the middle": {
			&script{change: func(line string) string {
				if strings.Contains(line, `"passed":560`) {
					return "killed"
				}
				return line
			}}, failed, []string{"it does not say what it checked", "killed"},
		},
		"a summary that denies the rest": {
			&script{change: replace(`"failed":0`, `"failed":1`)}, failed, []string{"560 passed and 1 failed"},
		},
		"a problem that is no model's": {
			&script{change: replace(`{"summary":{"passed":560`, `{"problem":"trace 7 is no path"}`)}, failed, []string{"trace 7 is no path"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, printed, md, html := verifyWith(t, c.script)
			require.Equal(t, exitNot, code, printed)
			require.Contains(t, md, "# Verification report: "+string(c.verdict))
			for _, words := range c.contains {
				require.Contains(t, md, words)
				if _, after, ok := strings.Cut(words, ": "); ok && words[0] == 'G' {
					words = after // the page has the name in a column of its own
				}
				require.Contains(t, html, words)
			}
		})
	}
}

func TestWithoutJavaTheRestIsChecked(t *testing.T) {
	withJava(t, false)
	s := &script{}
	code, printed, md, _ := verifyWith(t, s)
	require.Equal(t, exitNot, code)
	needed := 0
	for _, c := range chain() {
		if c.java {
			needed++
			require.Contains(t, printed, "not checked: "+c.name+": no Java here; on Debian: apt-get install")
		}
	}
	require.NotZero(t, needed)
	require.Len(t, s.ran, len(chain())-needed)
	require.Contains(t, md, "# Verification report: not checked")
}

func TestOnlySomeIsNotVerified(t *testing.T) {
	withJava(t, true)
	s := &script{}
	code, _, md, _ := verifyWith(t, s, "-only", "model,kill matrix")
	require.Equal(t, exitNot, code)
	require.Len(t, s.ran, 2)
	require.Contains(t, md, "left out by -only")
}

func TestAnInterruptedRunIsNotVerified(t *testing.T) {
	withJava(t, true)
	ctx, stop := context.WithCancel(t.Context())
	s := &script{t: t}
	var out bytes.Buffer
	code := run(ctx, []string{"-jobs", "1", "-o", filepath.Join(t.TempDir(), "r")}, &out, &out, func(ctx context.Context, dir string, args []string, line func(string)) error {
		err := s.start(ctx, dir, args, line)
		stop()
		return err
	})
	require.Equal(t, exitNot, code)
	require.Len(t, s.ran, 1)
	require.Contains(t, out.String(), "interrupted")
}

func TestUsage(t *testing.T) {
	never := func(context.Context, string, []string, func(string)) error {
		require.Fail(t, "nothing is to be run")
		return nil
	}
	for words, args := range map[string][]string{
		"no-such-check":               {"-only", "model,no-such-check"},
		"unexpected argument":         {"now"},
		"-jobs 0 is below 1":          {"-jobs", "0"},
		"flag provided but not defin": {"-now"},
	} {
		var out bytes.Buffer
		require.Equal(t, exitUsage, run(t.Context(), args, &out, &out, never), words)
		require.Contains(t, out.String(), words)
	}
	var out bytes.Buffer
	require.Equal(t, exitVerified, run(t.Context(), []string{"-list"}, &out, &out, never))
	require.Contains(t, out.String(), "kill matrix")

	t.Chdir(t.TempDir())
	out.Reset()
	require.Equal(t, exitUsage, run(t.Context(), nil, &out, &out, never))
	require.Contains(t, out.String(), "this is no checkout")
	require.NoError(t, os.WriteFile("go.mod", []byte("module example.com/other\n"), 0o644))
	out.Reset()
	require.Equal(t, exitUsage, run(t.Context(), nil, &out, &out, never))
	require.Contains(t, out.String(), "this is no checkout")
}
