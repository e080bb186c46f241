package fuzz_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/proptest"
)

var update = flag.Bool("update", false, "write the corpora from the scenarios")

// The committed corpora are generated from the scenarios.
func TestCorpora(t *testing.T) {
	for name, text := range scenarios() {
		program, err := proptest.Assemble(text)
		require.NoError(t, err, name)
		checkInput(t, "FuzzOperations", name, program)
	}
	for name, bytes := range tokens() {
		checkInput(t, "FuzzParseToken", name, []byte(bytes))
	}
}

// checkInput compares a file of a corpus with its input, or writes it with -update.
func checkInput(t *testing.T, target, name string, input []byte) {
	t.Helper()
	path := filepath.Join("testdata", "fuzz", target, name)
	want := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", input)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err, "run go generate ./fuzz")
	require.Equal(t, want, string(got), "%s: run go generate ./fuzz", path)
}

// The committed corpus of FuzzOperations reaches every answer of every operation.
func TestCorpusReachesEveryAnswer(t *testing.T) {
	coverage := proptest.Coverage{}
	for name, program := range corpus(t, "FuzzOperations") {
		t.Run(name, func(t *testing.T) {
			for c, n := range proptest.Replay(t, ours, program) {
				coverage[c] += n
			}
		})
	}
	for _, c := range proptest.Cases() {
		require.NotZero(t, coverage[c], "%s: %s", c.Op, c.Answer)
	}
	t.Logf("how often each operation had each answer:\n%v", coverage)
}

// The committed corpus of FuzzParseToken reaches every answer of ParseToken, which depends on the
// length.
func TestCorpusHasEveryLength(t *testing.T) {
	lengths := map[int]bool{}
	for _, input := range corpus(t, "FuzzParseToken") {
		lengths[len(input)] = true
	}
	for _, n := range []int{0, 1, 15, 16, 17, 64} {
		require.True(t, lengths[n], "%d bytes", n)
	}
}

// corpus returns the committed inputs of a target, by the names of their files.
func corpus(t *testing.T, target string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "fuzz", target, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	inputs := map[string][]byte{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		_, quoted, _ := strings.Cut(string(text), "[]byte(")
		input, err := strconv.Unquote(strings.TrimSuffix(strings.TrimSpace(quoted), ")"))
		require.NoError(t, err, path)
		inputs[filepath.Base(path)] = []byte(input)
	}
	return inputs
}
