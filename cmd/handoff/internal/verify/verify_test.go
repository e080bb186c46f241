package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
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
				for _, e := range []testEvent{
					{Action: "run", Test: test},
					{Action: "output", Test: test, Output: "    x_test.go:1: 10,000 sequences\n"},
					{Action: "pass", Test: test + "/part"},
					{Action: "pass", Test: test, Elapsed: 0.5},
				} {
					e.Package = modulePath + "/" + pkg
					text, err := json.Marshal(e)
					require.NoError(s.t, err)
					lines = append(lines, string(text))
				}
			}
		}
		if lines == nil {
			lines = []string{`{"Action":"pass","Package":"m","Test":"TestOther"}`}
		}
	case strings.Contains(called, "./spec/tlc"):
		for _, m := range models {
			must := strings.HasPrefix(m.name, "Fail") || strings.HasPrefix(m.name, "Claim")
			if must == strings.Contains(called, "Fail*") {
				lines = append(lines, fmt.Sprintf("%-32s %-42s exit %2d %9d states %6.1fs  ok", m.name, "holds", 0, 7, 1.5))
			}
		}
	case strings.Contains(called, "./internal/mutants"):
		lines = []string{"[ 1/10] a-fault model caught, 1.0 s", "fault  breaks  must be found by  model"}
		for _, g := range guarantees() {
			lines = append(lines, "breaks-"+g.id+"  "+g.id+"  model  caught  ")
		}
		lines = append(lines, "found, of those asked  10/10")
	default:
		lines = []string{"60 traces of 4,000 events, 500 mutants refused"}
	}
	return lines
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
				if strings.HasPrefix(line, "MCLiveness ") {
					return strings.Replace(line, "ok", "DIFFERS: distinct states 7, not 8", 1)
				}
				return line
			}, fails: "MC*"}, failed,
			[]string{"G7: MCLiveness is not as it must be", "DIFFERS: distinct states 7, not 8"},
		},
		"a model that is not there": {
			&script{change: func(line string) string {
				if strings.HasPrefix(line, "FailNobodySweeps ") {
					return ""
				}
				return line
			}}, notChecked, []string{"G7: FailNobodySweeps was not run"},
		},
		"a fault that survives": {
			&script{change: replace("breaks-G3  G3  model  caught  ", "breaks-G3  G3  model  -  SURVIVES"), fails: "mutants"}, failed,
			[]string{"G3: planted fault breaks-G3 was not caught", "SURVIVES"},
		},
		"faults of no kind": {
			&script{change: replace("breaks-G8  G8", "breaks-G8  G1")}, notChecked,
			[]string{"G8: no fault was planted"},
		},
		"a command that checks nothing": {
			&script{change: replace("60 traces of 4,000 events, 500 mutants refused", "nothing")}, failed,
			[]string{"it does not say what it checked"},
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
	for _, l := range chain() {
		if l.java {
			needed++
			require.Contains(t, printed, "not checked: "+l.name+": no Java here; on Debian: apt-get install")
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
		"no-such-link":                {"-only", "model,no-such-link"},
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
