package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the guarantees name is in the tree: each property is checked by a model that
// holds and broken by one that must fail, and each test and file is there.
func TestGuaranteesNameWhatExists(t *testing.T) {
	root, err := checkout()
	require.NoError(t, err)
	models, err := readModels(root)
	require.NoError(t, err)
	folders := testFolders(t, root)
	for _, g := range guarantees() {
		for _, property := range g.properties {
			about := func(holds bool) bool {
				return slices.ContainsFunc(models, func(m specModel) bool {
					return m.holds == holds && slices.Contains(m.properties, property)
				})
			}
			require.True(t, about(true), "%s: a model in which %s holds", g.id, property)
			require.True(t, about(false), "%s: a model in which %s must fail", g.id, property)
		}
		for _, name := range g.tests {
			pkg, test, _ := strings.Cut(name, ".")
			require.Regexp(t, `(?m)^func `+test+`\(t \*testing\.T\)`, folders[pkg], name)
		}
		for _, file := range g.files {
			require.FileExists(t, existing(filepath.Join(root, file)), g.id)
		}
	}
}

// existing names a file in a folder.
func existing(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, "doc.go")
	}
	return path
}

// testFolders returns the text of the tests of each package that a check runs.
func testFolders(t *testing.T, root string) map[string]string {
	t.Helper()
	folders := map[string]string{}
	for _, c := range chain() {
		for _, arg := range c.command {
			files, err := filepath.Glob(filepath.Join(root, arg, "*_test.go"))
			require.NoError(t, err)
			for _, file := range files {
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				folders[filepath.Base(arg)] += string(text)
			}
		}
	}
	return folders
}

// The README's table and the report are about the same.
func TestReadmeHasTheSameTable(t *testing.T) {
	root, err := checkout()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^\| (G\d+) \| \*\*(.*?)\*\*[^|]*\|([^|]*)\|`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, rows, len(guarantees()))
	for i, g := range guarantees() {
		require.Equal(t, g.id, rows[i][1])
		require.Equal(t, g.promise, strings.ToLower(rows[i][2]))
		var properties []string
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(rows[i][3], -1) {
			properties = append(properties, m[1])
		}
		require.Equal(t, g.properties, properties, g.id)
	}
}

// Every package of the harness is on the map, and every path on it is there.
func TestTheMapIsOfThisTree(t *testing.T) {
	root, err := checkout()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docs", "verification.md"))
	require.NoError(t, err)
	for _, named := range regexp.MustCompile(`[ \x60]\./((?:internal|spec|cmd)/[\w/]+)`).FindAllStringSubmatch(string(text), -1) {
		require.DirExists(t, filepath.Join(root, named[1]))
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	for _, named := range regexp.MustCompile("`make ([\\w-]+)`").FindAllStringSubmatch(string(text), -1) {
		require.Contains(t, string(makefile), "\n"+named[1]+":")
	}
	for _, c := range chain() {
		for _, arg := range c.command {
			if dir, ok := strings.CutPrefix(arg, "./internal/"); ok && dir != "fdpass" {
				require.Contains(t, string(text), "../internal/"+dir+")", "the check %s runs it", c.name)
			}
		}
	}
}

// Every model of the default lane belongs to exactly one check.
func TestLinksLeaveNoModelOut(t *testing.T) {
	root, err := checkout()
	require.NoError(t, err)
	models, err := readModels(root)
	require.NoError(t, err)
	for _, m := range models {
		found := 0
		for _, c := range chain() {
			at := slices.Index(c.command, "-only")
			if at < 0 || !c.java {
				continue
			}
			for pattern := range strings.SplitSeq(c.command[at+1], ",") {
				if matches, _ := filepath.Match(pattern, m.name); matches {
					found++
				}
			}
		}
		require.Equal(t, 1, found, m.name)
	}
}

func TestCheckedByReadsAConfiguration(t *testing.T) {
	cfg := "\\* INVARIANT Comment\nSPECIFICATION Spec\nCONSTANTS\n  A = 1\nINVARIANT TypeOK\nPROPERTIES\n  One \\* PROPERTY\n  Two\nCHECK_DEADLOCK FALSE\n"
	require.Equal(t, []string{"TypeOK", "One", "Two"}, checkedBy(cfg))
}

func TestFiguresGroupTheirDigits(t *testing.T) {
	require.Equal(t, "1,234,567 states", figure{1234567, "states"}.String())
}
