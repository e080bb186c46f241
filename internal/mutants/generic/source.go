package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"github.com/handoff-go/handoff/internal/command"
)

// A source is a package, parsed and type-checked.
type source struct {
	dir   string // its path in the module
	name  string
	fset  *token.FileSet
	files []*sourceFile
	types *types.Package
	info  *types.Info
}

// A sourceFile is one file of it, without its tests.
type sourceFile struct {
	path      string // in the module
	text      []byte
	syntax    *ast.File
	generated bool
}

// loadSource reads the package in dir, a path in the module at root, with the go command's help.
func loadSource(ctx context.Context, root, dir string) (*source, error) {
	printed, err := command.Go(ctx, root, "list", "-export", "-deps", "-json=ImportPath,Export,Dir,GoFiles", "./"+dir)
	if err != nil {
		return nil, err
	}
	type listed struct {
		ImportPath, Export, Dir string
		GoFiles                 []string
	}
	exports := map[string]string{}
	var own listed // the last one: go list prints dependencies first
	for decoder := json.NewDecoder(bytes.NewBufferString(printed)); decoder.More(); {
		own = listed{}
		if err := decoder.Decode(&own); err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		exports[own.ImportPath] = own.Export
	}
	texts := map[string][]byte{}
	for _, name := range own.GoFiles {
		if texts[path.Join(dir, name)], err = os.ReadFile(filepath.Join(own.Dir, name)); err != nil {
			return nil, err
		}
	}
	return checkSource(own.ImportPath, dir, texts, func(imported string) (io.ReadCloser, error) {
		return os.Open(exports[imported])
	})
}

// checkSource parses and type-checks a package from the texts of its files, by their paths.
func checkSource(imported, dir string, texts map[string][]byte, exports importer.Lookup) (*source, error) {
	s := &source{dir: dir, fset: token.NewFileSet(), info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{},
	}}
	var syntax []*ast.File
	for _, name := range sortedKeys(texts) {
		parsed, err := parser.ParseFile(s.fset, name, texts[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, &sourceFile{name, texts[name], parsed, ast.IsGenerated(parsed)})
		syntax = append(syntax, parsed)
	}
	config := types.Config{Importer: importer.ForCompiler(s.fset, "gc", exports)}
	checked, err := config.Check(imported, s.fset, syntax, s.info)
	if err != nil {
		return nil, err
	}
	s.types, s.name = checked, checked.Name()
	return s, nil
}

// localName returns how file f names a package in its code, or "" if it cannot.
func (s *source) localName(f *sourceFile, p *types.Package) string {
	for _, spec := range f.syntax.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value) // the parser accepts nothing but a string
		switch {
		case imported != p.Path():
		case spec.Name == nil:
			return p.Name()
		case spec.Name.Name != "_" && spec.Name.Name != ".":
			return spec.Name.Name
		}
	}
	return ""
}
