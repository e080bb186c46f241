package mutation

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Edit is a small change of one source file, Go or TLA+.
type Edit struct {
	File     string // path in the module, with slashes
	Old, New string // Old occurs exactly once in the file, and New takes its place
}

// What can be wrong with a mutant itself. The others are ErrInvalid, too.
var (
	ErrInvalid        = errors.New("not a mutant")
	ErrNotApplying    = fmt.Errorf("%w: its edit no longer applies", ErrInvalid)
	ErrChangesNothing = fmt.Errorf("%w: its edit changes nothing", ErrInvalid)
	ErrNotCompiling   = fmt.Errorf("%w: it does not compile or parse", ErrInvalid)
)

// Apply edits the module in dir. It returns an error that is ErrNotApplying or
// ErrChangesNothing if the edit does not fit, and leaves the file alone then.
func (e Edit) Apply(dir string) error {
	path := filepath.Join(dir, filepath.FromSlash(e.File))
	source, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotApplying, err)
	}
	edited, err := e.In(string(source))
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(edited), 0o644)
}

// In returns the text of the file with the edit in it, or an error as Apply does.
func (e Edit) In(source string) (string, error) {
	if n := strings.Count(source, e.Old); e.Old == "" || n != 1 {
		return "", fmt.Errorf("%w: what it replaces occurs %d times in %s", ErrNotApplying, n, e.File)
	}
	edited := strings.Replace(source, e.Old, e.New, 1)
	read := tokens
	if strings.HasSuffix(e.File, ".tla") {
		read = words
	}
	if slices.Equal(read(source), read(edited)) {
		return "", fmt.Errorf("%w: %s means the same as before", ErrChangesNothing, e.File)
	}
	return edited, nil
}

// tokens returns what the compiler sees of a Go source: no comments, no spaces.
func tokens(source string) []string {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(source))
	s.Init(file, []byte(source), func(token.Position, string) {}, 0)
	var all []string
	for {
		_, tok, literal := s.Scan()
		if tok == token.EOF {
			return all
		}
		all = append(all, tok.String()+" "+literal)
	}
}

// words returns what TLC sees of a module: no comments, and spaces only as far as they
// keep words apart. (What moves in a list of junctions looks the same here.)
func words(source string) []string {
	comments := regexp.MustCompile(`(?s)\(\*.*?\*\)|\\\*[^\n]*`)
	return strings.Fields(comments.ReplaceAllString(source, " "))
}
