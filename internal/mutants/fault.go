package main

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A fault is one planted defect: a small edit of one source file.
type fault struct {
	name     string // says what is wrong, in a few words
	breaks   string // the guarantee that it breaks: one of guarantees
	must     string // the name of the layer that must find it
	says     string // one line: what the faulty code does
	file     string // path in the module, with slashes
	old, new string // old occurs exactly once in file, and new takes its place
	hangs    bool   // it can make a call wait for ever, or loop: a test that runs out of time has found it
}

// guarantees are what a fault can break: the numbered ones of the design, and
// two promises that have no number.
func guarantees() []string {
	return []string{
		"G1", // leaves exactly once
		"G2", // always revoked
		"G3", // one deadline
		"G4", // only live tokens
		"G5", // bounded
		"G6", // conserved
		"G7", // ends
		"G8", // saturating time
		"secrecy",
		"trace",
	}
}

// The ways in which an edit can be worthless.
var (
	errNotApplying    = errors.New("patch no longer applies")
	errChangesNothing = errors.New("patch changes nothing")
	errNotCompiling   = errors.New("does not compile")
)

// apply edits the module in dir.
func (f fault) apply(dir string) error {
	path := filepath.Join(dir, filepath.FromSlash(f.file))
	source, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotApplying, err)
	}
	edited, err := f.edit(string(source))
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(edited), 0o644)
}

func (f fault) edit(source string) (string, error) {
	if n := strings.Count(source, f.old); f.old == "" || n != 1 {
		return "", fmt.Errorf("%w: what it replaces occurs %d times in %s", errNotApplying, n, f.file)
	}
	edited := strings.Replace(source, f.old, f.new, 1)
	if slices.Equal(tokens(source), tokens(edited)) {
		return "", fmt.Errorf("%w: %s reads the same to the compiler", errChangesNothing, f.file)
	}
	return edited, nil
}

// tokens returns what the compiler sees of a source: no comments, no spaces.
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

// checkFaults returns an error for data that no run could make sense of.
func checkFaults(faults []fault, layers []layer) error {
	var problems []error
	names := map[string]bool{}
	for _, f := range faults {
		problem := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("fault %q: "+format, append([]any{f.name}, args...)...))
		}
		if f.name == "" || f.says == "" || strings.ContainsAny(f.name, " ,\n") || strings.Contains(f.says, "\n") {
			problem("needs a name of one word and a description of one line")
		}
		if names[f.name] {
			problem("there are two of this name")
		}
		names[f.name] = true
		if !slices.Contains(guarantees(), f.breaks) {
			problem("%q is no guarantee", f.breaks)
		}
		if !slices.ContainsFunc(layers, func(l layer) bool { return l.name == f.must && !l.informative }) {
			problem("%q is no layer that a fault can rely on", f.must)
		}
	}
	return errors.Join(problems...)
}

func indexOf(faults []fault, name string) int {
	return slices.IndexFunc(faults, func(f fault) bool { return f.name == name })
}
