package handoff_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README's claims are held to the tree: every name that its table gives is
// defined where it says.

func TestReadmeIsShort(t *testing.T) {
	require.Less(t, strings.Count(read(t, "README.md"), "\n"), 150)
}

func TestReadmeTableNamesWhatExists(t *testing.T) {
	spec := ""
	for _, file := range glob(t, "spec/*.tla") {
		spec += read(t, file)
	}
	rows := regexp.MustCompile(`(?m)^\| G(\d+) \|(.*)\|(.*)\|(.*)\|(.*)\|$`).FindAllStringSubmatch(read(t, "README.md"), -1)
	require.Len(t, rows, 10)
	for i, row := range rows {
		require.Equal(t, strconv.Itoa(i+1), row[1])
		properties := quoted(row[3])
		require.NotEmpty(t, properties)
		for _, name := range properties {
			require.Regexp(t, `(?m)^`+name+` ==`, spec, "no such definition in spec")
		}
		source := ""
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(row[5], -1) {
			source += read(t, link[1])
		}
		functions := quoted(row[4])
		require.NotEmpty(t, functions)
		for _, name := range functions {
			require.Regexp(t, `(?m)^func (\([^)]*\) )?`+name+`\(`, source, "no such function in the file that the row names")
		}
	}
}

func TestReadmeTargetsExist(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, target := range regexp.MustCompile("`?make ([a-z-]+)").FindAllStringSubmatch(read(t, "README.md"), -1) {
		require.Contains(t, makefile, "\n"+target[1]+":", "make has no such target")
	}
}

func TestReadmeLinksLead(t *testing.T) {
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "spec/README.md", "docs/verify-yours.md", "docs/verification.md", "docs/reference.md"} {
		for _, link := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(read(t, file), -1) {
			if !strings.Contains(link[1], "://") {
				require.FileExists(t, existing(filepath.Join(filepath.Dir(file), link[1])), "%s links to it", file)
			}
		}
	}
}

// The code of the recipes is part of examples that are compiled and run.
func TestRecipesAreExamples(t *testing.T) {
	page := read(t, "docs/verify-yours.md")
	examples := read(t, "proptest/example_test.go") + read(t, "broker/example_check_linux_test.go") + read(t, "spec/trace/events/example_test.go")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(page, -1)
	require.Len(t, blocks, 4)
	for _, block := range blocks {
		indented := "\t" + strings.ReplaceAll(strings.TrimSpace(block[1]), "\n", "\n\t") + "\n"
		require.Contains(t, examples, indented)
	}
}

func quoted(cell string) []string {
	var names []string
	for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	return names
}

// existing names a file in a folder that a link names.
func existing(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if entries, err := os.ReadDir(path); err == nil && len(entries) > 0 {
			for _, e := range entries {
				if !e.IsDir() {
					return filepath.Join(path, e.Name())
				}
			}
		}
	}
	return path
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(b)
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}
