package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// copyModule copies what tests need of a module: its sources, what they read at
// run time, and what pins its dependencies. dst is emptied first.
func copyModule(dst, src string) error {
	if err := os.RemoveAll(dst); err != nil {
		return err
	}
	return filepath.WalkDir(src, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipped(rel) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !needed(rel) {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(dst, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, content, 0o644)
	})
}

// skipped reports whether a folder is left out: what is hidden, what is not Go,
// and rapid's records of failed runs, which would find a fault without a search.
func skipped(rel string) bool {
	name := filepath.Base(rel)
	return rel != "." && strings.HasPrefix(name, ".") || rel == "spec" || rel == "bin" || rel == "cmd" ||
		name == "rapid" && filepath.Base(filepath.Dir(rel)) == "testdata"
}

func needed(rel string) bool {
	switch filepath.Ext(rel) {
	case ".go", ".mod", ".sum", ".md":
		return true
	}
	return slices.Contains(strings.Split(filepath.ToSlash(filepath.Dir(rel)), "/"), "testdata")
}
