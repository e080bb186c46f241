package mutation_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/mutation"
)

func TestAnEditFitsOnceAndChangesSomething(t *testing.T) {
	for name, c := range map[string]struct {
		edit   mutation.Edit
		source string
		want   string
		err    error
	}{
		"a change":          {mutation.Edit{"a.go", "a < b", "a <= b"}, "x := a < b", "x := a <= b", nil},
		"not there":         {mutation.Edit{"a.go", "a > b", "a <= b"}, "x := a < b", "", mutation.ErrNotApplying},
		"there twice":       {mutation.Edit{"a.go", "a", "b"}, "a a", "", mutation.ErrNotApplying},
		"nothing to find":   {mutation.Edit{"a.go", "", "b"}, "a", "", mutation.ErrNotApplying},
		"a comment":         {mutation.Edit{"a.go", "// a", "// b"}, "x // a", "", mutation.ErrChangesNothing},
		"spaces":            {mutation.Edit{"a.go", "a<b", "a < b"}, "a<b", "", mutation.ErrChangesNothing},
		"a change in TLA+":  {mutation.Edit{"a.tla", ">=", ">"}, "A == n >= e", "A == n > e", nil},
		"a comment in TLA+": {mutation.Edit{"a.tla", "one", "two"}, `A == 1 \* one`, "", mutation.ErrChangesNothing},
		"a box in TLA+":     {mutation.Edit{"a.tla", "one", "two"}, "(* one *) A == 1", "", mutation.ErrChangesNothing},
	} {
		t.Run(name, func(t *testing.T) {
			edited, err := c.edit.In(c.source)
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.want, edited)
			file := filepath.Join(t.TempDir(), c.edit.File)
			require.NoError(t, os.WriteFile(file, []byte(c.source), 0o644))
			require.ErrorIs(t, c.edit.Apply(filepath.Dir(file)), c.err)
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			if c.err != nil {
				c.want = c.source
			}
			require.Equal(t, c.want, string(text))
		})
	}
	require.ErrorIs(t, mutation.Edit{"a.go", "a", "b"}.Apply(t.TempDir()), mutation.ErrNotApplying)
}

func TestTheCopyHoldsWhatChecksNeedAndNoMore(t *testing.T) {
	src, dst := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	for _, file := range []string{
		"go.mod", "a/a.go", "a/testdata/x.txt", "spec/A.tla", "spec/mc/A.cfg", "spec/manifest.json",
		".git/config.go", ".cache/a.go", "bin/a.go", "a/testdata/rapid/TestA/fail", "a/a.out", "left/out.go", "Makefile",
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(src, filepath.Dir(file)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(src, file), []byte(file), 0o644))
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dst, "old"), 0o755))
	require.NoError(t, mutation.Copy(dst, src, "left"))
	var copied []string
	require.NoError(t, filepath.WalkDir(dst, func(path string, d fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(dst, path); !d.IsDir() {
			copied = append(copied, filepath.ToSlash(rel))
		}
		return err
	}))
	require.Equal(t, []string{"a/a.go", "a/testdata/x.txt", "go.mod", "spec/A.tla", "spec/manifest.json", "spec/mc/A.cfg"}, copied)
	require.Error(t, mutation.Copy(dst, filepath.Join(src, "nowhere")))
}
