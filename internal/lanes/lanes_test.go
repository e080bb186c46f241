package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// module makes a module with these files and a script that says that every tool is missing, and
// runs the test in it.
func module(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module m\n\ngo 1.25\n"
	files["scripts/need"] = "#!/bin/sh\necho missing: $1. $3\nexit 1\n"
	for name, text := range files {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o755))
	}
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "")
}

// testFile returns a test file with a test in it.
func testFile(test string) string {
	return "package a\n\nimport (\n\"os\"\n\"strings\"\n\"testing\"\n)\n\nvar _, _ = os.Exit, strings.Repeat\n\nfunc TestGood(*testing.T) {}\n\n" + test
}

func goTest(args ...string) []step {
	return []step{{append([]string{"go", "test", "-json", "-vet=off"}, args...), readGoTests}}
}

func shell(script string, read func(step) reader) []step {
	return []step{{[]string{"sh", "-c", script}, read}}
}

// Whatever a lane fails by, the exit code says so, and its name and message stand at the end.
func TestFailuresStandLast(t *testing.T) {
	module(t, map[string]string{
		"good/a_test.go":   testFile("func TestOne(t *testing.T) { t.Run(\"a\", TestGood); t.Run(\"b/c/d\", TestGood) }"),
		"fails/a_test.go":  testFile("func TestFails(t *testing.T) { t.Run(\"part\", func(t *testing.T) { t.Error(\"one is not two\") }) }"),
		"panics/a_test.go": testFile("func TestPanics(t *testing.T) { t.Run(\"part\", func(*testing.T) { panic(\"out of cheese\") }) }"),
		"exits/a_test.go":  testFile("func TestExits(*testing.T) { println(\"bye\"); os.Exit(3) }"),
		"hangs/a_test.go":  testFile("func TestHangs(*testing.T) { select {} }"),
		"broken/a_test.go": testFile("func TestBroken(*testing.T) { undefined() }"),
		"cleans/a_test.go": testFile("func TestCleans(t *testing.T) { t.Cleanup(func() { t.Error(\"left behind\") }); t.Run(\"part\", TestGood) }"),
	})
	tests := map[string]struct {
		steps  []step
		tools  []tool
		limit  time.Duration
		passed string
		end    []string // what the last lines have, in this order
	}{
		"a failing test":       {steps: goTest("./good", "./fails"), passed: "4", end: []string{"FAILED lane: fails.TestFails/part", "one is not two"}},
		"a panic":              {steps: goTest("./panics"), passed: "1", end: []string{"FAILED lane: panics.TestPanics/part", "panic: out of cheese", "a_test.go:"}},
		"a test that exits":    {steps: goTest("./exits"), passed: "1", end: []string{"FAILED lane: exits.TestExits", "bye", "it did not end"}},
		"a test that hangs":    {steps: goTest("-timeout", "1s", "./hangs"), passed: "1", end: []string{"FAILED lane: hangs.TestHangs", "panic: test timed out after 1s", "running tests:"}},
		"a build failure":      {steps: goTest("./good", "./broken"), passed: "3", end: []string{"FAILED lane: broken", "undefined: undefined", "it does not build"}},
		"a cleanup that fails": {steps: goTest("./cleans"), passed: "2", end: []string{"FAILED lane: cleans.TestCleans", "left behind"}},
		"no such package":      {steps: goTest("./nowhere"), passed: "0", end: []string{"FAILED lane: ", "nowhere"}},
		"a command that fails": {steps: shell("echo that is wrong; exit 3", readPlain), passed: "0",
			end: []string{"FAILED lane: sh -c", "that is wrong", "exit status 3"}},
		"a command that is missing": {steps: []step{{[]string{"./no-such-command"}, readPlain}}, passed: "0",
			end: []string{"FAILED lane: ./no-such-command", "no such file"}},
		"a missing tool": {steps: shell("echo never", readPlain), tools: []tool{{programs: "java", packages: "jre", consequence: "the specification was NOT checked"}}, passed: "0",
			end: []string{"FAILED lane: the specification was NOT checked", "missing: java"}},
		"a lane without end": {steps: shell("echo begun; sleep 600", readResults), limit: time.Second, passed: "0",
			end: []string{"FAILED lane: ", "begun", "FAILED lane: lane", "it did not end within 1s"}},
		"a lane of nothing": {passed: "0", end: []string{"FAILED lane: lane", "nothing was checked"}},
		"output without a summary": {steps: shell(`echo '{"model":{"name":"A","verdict":"holds","exit":0,"states":1,"seconds":1}}'; echo panic: no; exit 2`, readResults),
			passed: "0", end: []string{"FAILED lane: sh -c", "panic: no", "exit status 2"}},
		"a summary of nothing": {steps: shell(`echo '{"summary":{"passed":0,"failed":0,"seconds":1}}'`, readResults),
			passed: "0", end: []string{"FAILED lane: sh -c", "0 failed, 0 passed"}},
		"a model that differs": {steps: shell(`echo '{"model":{"name":"MC","verdict":"holds","exit":0,"states":1,"seconds":1,"differences":["states 1, not 2"],"output":"TLC says"}}';
			echo '{"summary":{"passed":3,"failed":1,"seconds":1}}'; exit 1`, readResults),
			passed: "3", end: []string{"FAILED lane: MC", "TLC says", "states 1, not 2"}},
		"a problem": {steps: shell(`echo '{"problem":"a file in no model"}'; echo '{"summary":{"passed":3,"failed":1,"seconds":1}}'`, readResults),
			passed: "3", end: []string{"FAILED lane: sh -c", "a file in no model"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.limit == 0 {
				test.limit = time.Minute
			}
			lanes := []lane{
				{name: "lane", track: "one", steps: test.steps, tools: test.tools, limit: test.limit},
				{name: "other", track: "two", steps: shell("true", readPlain), limit: time.Minute},
			}
			var out, stderr bytes.Buffer
			require.Equal(t, exitFailed, run(t.Context(), nil, lanes, &out, &stderr), out.String())
			require.Empty(t, stderr.String())
			_, end, found := strings.Cut(out.String(), "\nFAILED: lane\n")
			require.True(t, found, out.String())
			rest := end
			for _, want := range test.end {
				at := strings.Index(rest, want)
				require.GreaterOrEqual(t, at, 0, "%q is not in its place:\n%s", want, end)
				rest = rest[at+len(want):]
			}
			require.Regexp(t, `(?m)^ +lane +`+test.passed+` +[1-9]`, out.String())
			require.Regexp(t, `(?m)^ +other +1 +0 +0 `, out.String())
		})
	}
}

// What passes and what is skipped is counted, and each reason is named once, with its tests.
func TestSkipsAreNamed(t *testing.T) {
	module(t, map[string]string{
		"a/a_test.go": testFile("func TestSkips(t *testing.T) { t.Skip(\"wrk is not installed\") }\n\n" +
			"func TestHalf(t *testing.T) { t.Run(\"curl\", func(t *testing.T) { t.Skip(\"curl is not installed\") }); t.Run(\"go/by/itself\", TestGood) }\n\n" +
			"func TestLong(t *testing.T) { t.Skip(strings.Repeat(\"too long \", 1000)) }\n\n" +
			"func TestMute(t *testing.T) { t.SkipNow() }\n\n" +
			"func TestMany(t *testing.T) { for range 12 { t.Run(\"x\", func(t *testing.T) { t.Log(\"[rapid] draw x: 1\"); t.SkipNow() }) } }"),
	})
	lanes := []lane{
		{name: "unit", track: "go", steps: goTest("./a"), limit: time.Minute, work: 40 * time.Second},
		{name: "race", track: "go", steps: goTest("-short", "./a"), limit: time.Minute, work: 40 * time.Second},
		{name: "spec", track: "java", steps: shell(`echo '{"summary":{"passed":7,"failed":0,"seconds":1}}'`, readResults), limit: time.Minute, work: time.Minute},
	}
	var out, stderr bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), nil, lanes, &out, &stderr), out.String())
	first, rest, _ := strings.Cut(out.String(), "\n")
	require.Contains(t, first, "about 1m10s on two idle cores")
	require.Regexp(t, `(?m)^ +unit +2 +0 +16 +\d+`, rest)
	require.Regexp(t, `(?m)^ +spec +7 +0 +0 +\d+`, rest)
	require.Contains(t, rest, "\nskipped: wrk is not installed: a.TestSkips (unit, race)\n")
	require.Contains(t, rest, "\nskipped: curl is not installed: a.TestHalf/curl (unit, race)\n")
	require.Contains(t, rest, "\nskipped: "+strings.Repeat("too long ", 21)+"too long..."[:8]+"...: a.TestLong (unit, race)\n")
	require.Contains(t, rest, "\nskipped: it does not say why: a.TestMute (unit, race)\n")
	require.Contains(t, rest, "\nskipped: rapid finds too few bytes in the input: a.TestMany/x (unit, race), a.TestMany/x#01 (unit, race), ")
	require.Contains(t, rest, "a.TestMany/x#09 (unit, race), and 2 more\n")
	require.True(t, strings.HasSuffix(rest, "\nok\n"), rest)
	logged, err := os.ReadFile(".cache/lanes/unit.log")
	require.NoError(t, err)
	require.Contains(t, string(logged), `"Action":"skip"`)
}

// An interrupt ends the lanes, and what was not checked is not ok.
func TestInterruptIsNoSuccess(t *testing.T) {
	module(t, map[string]string{})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	lanes := []lane{
		{name: "one", track: "a", steps: shell("sleep 600", readPlain), limit: time.Hour},
		{name: "two", track: "a", steps: shell("true", readPlain), limit: time.Hour},
	}
	var out, stderr bytes.Buffer
	require.Equal(t, exitFailed, run(ctx, nil, lanes, &out, &stderr))
	require.Contains(t, out.String(), "interrupted")
	require.Contains(t, out.String(), "\nFAILED: one, two\n")
}

func TestUsage(t *testing.T) {
	all := lanes()
	for _, args := range [][]string{{"nonsense"}, {"-nonsense"}} {
		var out, stderr bytes.Buffer
		require.Equal(t, exitUsage, run(t.Context(), args, all, &out, &stderr))
		require.Empty(t, out.String())
		require.Contains(t, stderr.String(), "nonsense")
	}
	var out, stderr bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), []string{"-list", "race", "vet"}, all, &out, &stderr))
	require.Regexp(t, `^vet .*\nrace .*\n$`, out.String())
}

func TestLongMessagesAreCutInTheMiddle(t *testing.T) {
	lines := strings.Split(strings.Repeat("x\n", 100), "\n")
	lines[0], lines[100] = "first", "last"
	cut := excerpt(lines)
	require.Len(t, cut, mostHead+1+mostTail)
	require.Equal(t, []string{"first", "... 41 lines ...", "last"}, []string{cut[0], cut[mostHead], cut[len(cut)-1]})
	require.Equal(t, lines[:60], excerpt(lines[:60]))
}
