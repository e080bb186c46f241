package mutation

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Copy copies what the checks of a module need: its sources, what they read at run time,
// and what pins its dependencies; but not the folders in without, by their paths in the
// module, nor what is hidden, nor rapid's records of failed runs, which would find a
// fault without a search. dst is emptied first.
func Copy(dst, src string, without ...string) error {
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
			if skipped(rel) || slices.Contains(without, filepath.ToSlash(rel)) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !needed(rel) {
			return nil
		}
		return copyFile(filepath.Join(dst, rel), path)
	})
}

// copyAlso copies the files below src that match one of the patterns, which Copy leaves out.
func copyAlso(dst, src string, patterns []string) error {
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(src, filepath.FromSlash(pattern)))
		if err != nil {
			return err
		}
		for _, file := range files {
			rel, err := filepath.Rel(src, file)
			if err != nil {
				return err
			}
			if err := copyFile(filepath.Join(dst, rel), file); err != nil {
				return err
			}
		}
	}
	return nil
}

func copyFile(dst, src string) error {
	content, err := os.ReadFile(src)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		return err
	}
	return os.WriteFile(dst, content, 0o644)
}

func skipped(rel string) bool {
	name := filepath.Base(rel)
	return rel != "." && strings.HasPrefix(name, ".") || rel == "bin" ||
		name == "rapid" && filepath.Base(filepath.Dir(rel)) == "testdata"
}

func needed(rel string) bool {
	switch filepath.Ext(rel) {
	case ".go", ".mod", ".sum", ".md", ".tla", ".cfg", ".json", ".proto":
		return true
	}
	return slices.Contains(strings.Split(filepath.ToSlash(filepath.Dir(rel)), "/"), "testdata")
}
