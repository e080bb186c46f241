package fsm_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/fsm"
)

//go:generate go test -run ^TestDiagrams . -update

var update = flag.Bool("update", false, "rewrite the diagrams in testdata and in the README")

const readme = "../README.md"

// lifeBlock finds the state diagrams among the README's mermaid blocks, which may
// hold diagrams of other kinds as well.
var lifeBlock = regexp.MustCompile("(?s)```mermaid\n(stateDiagram.*?)```")

func TestDiagramsEqualTheGoldenFiles(t *testing.T) {
	for name, drawn := range map[string]string{
		"life.mmd": fsm.Mermaid(),
		"life.dot": fsm.Graphviz(),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name)
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(drawn), 0o644))
			}
			require.Equal(t, readText(t, path), drawn, "run go generate ./fsm")
		})
	}
}

func TestDiagramsEqualTheReadme(t *testing.T) {
	text := readText(t, readme)
	if *update {
		text = lifeBlock.ReplaceAllLiteralString(text, "```mermaid\n"+fsm.Mermaid()+"```")
		require.NoError(t, os.WriteFile(readme, []byte(text), 0o644))
	}
	blocks := lifeBlock.FindAllStringSubmatch(text, -1)
	require.Len(t, blocks, 1, "README.md shows the life of a handoff in one mermaid block that begins with stateDiagram")
	require.Equal(t, fsm.Mermaid(), blocks[0][1], "run go generate ./fsm")
}

// readText reads a committed text without the carriage returns that a checkout on
// Windows may add.
func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}
