package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A package that starts goroutines, in its code or its tests, runs in the race lane.
func TestRaceLaneHasEveryPackageWithGoroutines(t *testing.T) {
	root := os.DirFS(filepath.Join("..", ".."))
	starts := map[string]bool{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && name != ".") {
			return fs.SkipDir
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if startsGoroutines(file) {
			starts["./"+path.Dir(name)] = true
		}
		return nil
	})
	require.NoError(t, err)
	for dir := range starts {
		require.Contains(t, concurrent(), dir, "it starts goroutines")
	}
	for _, dir := range concurrent() {
		require.True(t, starts[dir], "%s starts no goroutines", dir)
	}
	require.True(t, slices.IsSorted(concurrent()))
}

// startsGoroutines reports whether a file has a go statement, or calls what starts goroutines.
func startsGoroutines(file *ast.File) bool {
	found := false
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.CallExpr:
			if called, ok := n.Fun.(*ast.SelectorExpr); ok {
				found = found || slices.Contains([]string{"Go", "Parallel", "RunParallel", "AfterFunc"}, called.Sel.Name)
			}
		}
		return !found
	})
	return found
}
