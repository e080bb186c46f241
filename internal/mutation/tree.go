package mutation

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A Tree is a copy of a module in which mutants are made, one at a time. One goroutine uses it.
type Tree struct {
	Dir     string // the module's root
	Scratch string // a folder for what checks build from it

	pristine string // an unchanged copy of the module
	edited   string // the file that the current mutant changed; empty: none yet
}

// newTree copies the unchanged module to a place of its own for worker n.
func newTree(temp, pristine string, n int) (*Tree, error) {
	t := &Tree{
		Dir:      filepath.Join(temp, fmt.Sprintf("module-%d", n)),
		Scratch:  filepath.Join(temp, fmt.Sprintf("scratch-%d", n)),
		pristine: pristine,
	}
	return t, errors.Join(os.CopyFS(t.Dir, os.DirFS(pristine)), os.Mkdir(t.Scratch, 0o755))
}

// plant makes the tree the mutant m and nothing else.
func (t *Tree) plant(m Mutant) error {
	if err := t.restore(); err != nil {
		return err
	}
	t.edited = m.File
	return m.Edit.Apply(t.Dir)
}

// restore makes the tree equal to the unchanged module. Only two things can differ: the file that
// the previous mutant changed, and rapid's records of failed runs. A record that stayed would be
// tried first, and kill the next mutant without a search.
func (t *Tree) restore() error {
	records, err := filepath.Glob(filepath.Join(t.Dir, "*", "testdata", "rapid"))
	if err != nil {
		return err
	}
	for _, record := range records {
		if err := os.RemoveAll(record); err != nil {
			return err
		}
	}
	if t.edited == "" {
		return nil
	}
	file := filepath.FromSlash(t.edited)
	content, err := os.ReadFile(filepath.Join(t.pristine, file))
	if errors.Is(err, os.ErrNotExist) {
		return nil // then no mutant was made of it
	} else if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(t.Dir, file), content, 0o644)
}
