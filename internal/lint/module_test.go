package lint_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"strings"
)

// A module is the source that the rules look at. It is the repository's in the
// test of the house, and a few lines in memory in the tests of the rules.
type module struct {
	fsys    fs.FS
	tracked []string // every path that is under version control
	files   []*file  // the Go files among them, parsed
}

// A file is one Go file of a module.
type file struct {
	path      string // relative to the module's root, with slashes
	text      []byte
	fset      *token.FileSet
	syntax    *ast.File
	test      bool // its name ends in _test.go
	generated bool // it says so in its head, and nobody edits it
}

// dir returns the folder of the file's package, "." for the module's root.
func (f *file) dir() string { return path.Dir(f.path) }

// at describes something that a rule found at a node of the file.
func (f *file) at(node ast.Node, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: ", f.path, f.line(node.Pos())) + fmt.Sprintf(format, args...)
}

func (f *file) line(pos token.Pos) int { return f.fset.Position(pos).Line }

// written returns the files that people wrote and that are no tests.
func (m *module) written() []*file {
	var files []*file
	for _, f := range m.files {
		if !f.test && !f.generated {
			files = append(files, f)
		}
	}
	return files
}

// loadModule parses the Go files among the tracked paths. It leaves out what the
// go command leaves out, and paths that are tracked but no longer there.
func loadModule(fsys fs.FS, tracked []string) (*module, error) {
	m := &module{fsys: fsys}
	for _, name := range tracked {
		text, err := fs.ReadFile(fsys, name)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		m.tracked = append(m.tracked, name)
		if path.Ext(name) != ".go" || ignored(name) {
			continue
		}
		// A checkout on Windows may have given the lines carriage returns.
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		f := &file{path: name, text: text, fset: token.NewFileSet(), test: strings.HasSuffix(name, "_test.go")}
		f.syntax, err = parser.ParseFile(f.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		f.generated = ast.IsGenerated(f.syntax)
		m.files = append(m.files, f)
	}
	return m, nil
}

// ignored reports whether the go command leaves a path out of its packages.
func ignored(name string) bool {
	for _, element := range strings.Split(name, "/") {
		if element == "testdata" || strings.HasPrefix(element, ".") || strings.HasPrefix(element, "_") {
			return true
		}
	}
	return false
}

// trackedPaths returns what is under version control below root, together with
// what is new and not ignored. Without git, as in an unpacked archive, it is all
// that does not lie in a hidden folder.
func trackedPaths(root string) ([]string, error) {
	list, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return allPaths(os.DirFS(root))
	}
	return strings.FieldsFunc(string(list), func(r rune) bool { return r == 0 }), nil
}

func allPaths(fsys fs.FS) ([]string, error) {
	var paths []string
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !entry.IsDir():
			paths = append(paths, name)
		}
		return nil
	})
	return paths, err
}
