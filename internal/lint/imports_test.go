package lint_test

import (
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

const (
	modulePath = "github.com/handoff-go/handoff/"
	looplab    = "github.com/looplab/fsm"
	testify    = "github.com/stretchr/testify/"
)

// core says what each core package may import besides the standard library and
// its own subpackages. The model names nothing of what it judges.
func core() map[string][]string {
	return map[string][]string{
		"fsm":      {looplab},
		"fallback": {},
		"registry": {modulePath + "fsm", modulePath + "fallback"},
		"model":    {},

		"registry/internal/store": {modulePath + "fsm"},
	}
}

// coreOf returns the core package that f belongs to, the innermost one, and whether
// it does.
func coreOf(f *file) (name string, ok bool) {
	for name = f.dir(); name != "."; name = path.Dir(name) {
		if _, ok := core()[name]; ok {
			return name, true
		}
	}
	return "", false
}

// imports calls yield with each import of f and its path.
func imports(f *file, yield func(node ast.Node, imported string)) {
	for _, spec := range f.syntax.Imports {
		// The parser accepts nothing but a string literal here.
		imported, _ := strconv.Unquote(spec.Path.Value)
		yield(spec, imported)
	}
}

// standard reports whether an import path is of the standard library, where the
// first element never has a dot.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func importsPointDown() rule {
	check := func(m *module) (found []string) {
		for _, f := range m.files {
			name, ok := coreOf(f)
			if !ok || f.test {
				continue
			}
			imports(f, func(node ast.Node, imported string) {
				own := strings.HasPrefix(imported, modulePath+name+"/")
				if !standard(imported) && !own && !slices.Contains(core()[name], imported) {
					found = append(found, f.at(node, "%s must not import %s", name, imported))
				}
			})
		}
		return found
	}
	return rule{
		claim: "core packages import the standard library and what is below them",
		check: check,
		cases: []sample{
			{files: map[string]string{
				"fsm/a.go":        `package fsm; import _ "github.com/handoff-go/handoff/registry"`,
				"fallback/a.go":   `package fallback; import _ "github.com/looplab/fsm"`,
				"model/a.go":      "package model\nimport (\n_ \"github.com/handoff-go/handoff/fsm\"\n_ \"github.com/handoff-go/handoff/registry\"\n)",
				"registry/a.go":   `package registry; import _ "golang.org/x/sys/unix"`,
				"registry/x/a.go": `package x; import _ "github.com/handoff-go/handoff/registryother"`,

				"registry/internal/store/a.go": `package store; import _ "github.com/handoff-go/handoff/fallback"`,
			}, want: []string{
				"fsm/a.go:1: fsm must not import github.com/handoff-go/handoff/registry",
				"fallback/a.go:1: fallback must not import github.com/looplab/fsm",
				"model/a.go:3: model must not import github.com/handoff-go/handoff/fsm",
				"model/a.go:4: model must not import github.com/handoff-go/handoff/registry",
				"registry/a.go:1: registry must not import golang.org/x/sys/unix",
				"registry/x/a.go:1: registry must not import github.com/handoff-go/handoff/registryother",
				"registry/internal/store/a.go:1: registry/internal/store must not import github.com/handoff-go/handoff/fallback",
			}},
			{files: map[string]string{
				"fsm/a.go":           `package fsm; import _ "github.com/looplab/fsm"`,
				"registry/a.go":      "package registry\nimport (\n_ \"crypto/rand\"\n_ \"github.com/handoff-go/handoff/fsm\"\n_ \"github.com/handoff-go/handoff/fallback\"\n_ \"github.com/handoff-go/handoff/registry/x\"\n)",
				"model/a_test.go":    `package model_test; import _ "pgregory.net/rapid"`,
				"proptest/a.go":      `package proptest; import _ "pgregory.net/rapid"`,
				"fallbackother/a.go": `package fallbackother; import _ "example.com/x"`,
			}},
		},
	}
}

func onlyRequireAndOnlyInTests() rule {
	check := func(m *module) (found []string) {
		for _, f := range m.files {
			imports(f, func(node ast.Node, imported string) {
				if strings.HasPrefix(imported, testify) && (imported != testify+"require" || !f.test) {
					found = append(found, f.at(node, "%s: of testify only require, and only in tests", imported))
				}
			})
		}
		return found
	}
	return rule{
		claim: "testify is require, and only in tests",
		check: check,
		cases: []sample{
			{files: map[string]string{
				"a/a_test.go": `package a; import _ "github.com/stretchr/testify/assert"`,
				"a/a.go":      `package a; import _ "github.com/stretchr/testify/require"`,
			}, want: []string{
				"a/a_test.go:1: github.com/stretchr/testify/assert: of testify only require, and only in tests",
				"a/a.go:1: github.com/stretchr/testify/require: of testify only require, and only in tests",
			}},
			{files: map[string]string{"a/a_test.go": `package a; import _ "github.com/stretchr/testify/require"`}},
		},
	}
}
