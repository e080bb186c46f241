package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/mutation"
	"github.com/handoff-go/handoff/internal/results"
)

// namesIn returns the mutants' names in a package whose one file is text.
func namesIn(t *testing.T, text string) (names []string) {
	t.Helper()
	s, err := checkSource("example.com/p", "p", map[string][]byte{"p/p.go": []byte(text)}, nil)
	require.NoError(t, err)
	sites, files := find(s, 1)
	require.Len(t, files, 1)
	for i, site := range sites {
		require.Equal(t, i+1, site.id)
		names = append(names, strings.TrimPrefix(site.name(), "p/p.go "))
	}
	return names
}

func TestEachKindIsFound(t *testing.T) {
	for claim, c := range map[string]struct {
		text string
		want []string
	}{
		"a condition is negated, and == is swapped only": {
			"func f(a bool, b int) { if a { }; for b == b { }; switch { case a: } }",
			[]string{"f: negate a", "f: b == b becomes !=", "f: negate a (2)"},
		},
		"an order is swapped, and its constant moves the other way": {
			"func f(a int) (bool, bool) { return a < 8, 8 < a }",
			[]string{"f: a < 8 becomes <=", "f: 8 becomes -1", "f: 8 < a becomes <=", "f: 8 becomes +1"},
		},
		"zero of an unsigned number has one neighbour": {
			"func f(a uint) bool { return a >= 0 }",
			[]string{"f: a >= 0 becomes >", "f: 0 becomes +1"},
		},
		"and is swapped for or": {
			"func f(a, b bool) bool { return a && b }",
			[]string{"f: a && b becomes ||"},
		},
		"statements are dropped, declarations and what the compiler needs are not": {
			"func f(c chan int) int { x := 1; x = 2; x++; c <- x; defer f(c); go f(c); f(c); <-c; _ = x; panic(0) }",
			[]string{"f: drop x = 2", "f: drop x++", "f: drop c <- x", "f: drop defer f(c)", "f: drop go f(c)", "f: drop f(c)", "f: drop <-c"},
		},
		"returns are dropped where something follows": {
			"func f(a bool) int { if a { return 1 }; switch { default: return 2 }; if a { return 3 } else { return 4 } }",
			[]string{"f: negate a", "f: drop return 1", "f: drop return 2", "f: negate a (2)"},
		},
		"bounds are off by one": {
			"func f(a []int) { _, _, _, _ = a[1], a[2:], make(chan int, 3), max(len(a), 4) }",
			[]string{"f: 1 becomes +1", "f: 2 becomes +1", "f: 3 becomes +1", "f: 4 becomes +1"},
		},
		"keys, capacities and constants stay": {
			"type t int; const one t = 1; const two = 1 < 2; var _ = func(a t) bool { return a < one }\nfunc f(a map[int]int) { _, _ = a[1], make([]int, 0, 3) }",
			[]string{"package: a < one becomes <=", "package: one becomes -1"},
		},
		"of an equality only numbers that are no states are off by one": {
			"type t int; const one t = 1; func f(a t, b int) (bool, bool) { return a == one, b == 1 }",
			[]string{"f: a == one becomes !=", "f: b == 1 becomes !=", "f: 1 becomes +1"},
		},
		"a function in a function returns for itself": {
			"type t[E any] struct{}\nfunc (*t[E]) f() func() int { g := func() { return }; return func() int { g(); return 1 } }",
			[]string{"t.f: drop return", "t.f: drop g()"},
		},
	} {
		t.Run(claim, func(t *testing.T) {
			require.Equal(t, c.want, namesIn(t, "package p\n"+c.text))
		})
	}
}

// sumModule returns a module whose tests notice some mutants: TestLess never looks at equal numbers.
func sumModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.25\n",
		"p/p.go": `package p

func Less(a, b int) bool { return a < b }

func Until(n int) int {
	i := 0
	for i < n {
		i++
	}
	return i
}

func Unused() { Until(1) }
`,
		"p/p_test.go": `package p

import "testing"

func TestLess(t *testing.T) {
	if Less(2, 1) || !Less(1, 2) {
		t.Error()
	}
}

func TestUntil(t *testing.T) {
	if Until(3) != 3 {
		t.Error()
	}
}
`,
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// One binary has all mutants, and each is judged by the tests that reach it: an endless loop
// is noticed, too.
func TestARunTellsWhatSurvives(t *testing.T) {
	var out bytes.Buffer
	r := runner{
		options: options{jobs: 2, only: regexp.MustCompile(""), patience: time.Second},
		target:  target{"p", []string{"p"}, 95},
		source:  sumModule(t), dir: t.TempDir(),
		equivalents: map[string]string{"p/p.go Unused: drop Until(1)": "it has no effect"},
		printer:     newPrinter(&out, true),
	}
	s, err := r.run(t.Context())
	require.NoError(t, err)
	require.Equal(t, 5, s.mutants)
	require.Equal(t, 1, s.equivalents)
	require.Equal(t, 4, s.tried)
	require.Len(t, s.survivors, 1)
	require.Equal(t, "p/p.go:3: survived (1 tests reach it, and pass): p/p.go Less: a < b becomes <=", survival(s.survivors[0]))
	require.ErrorContains(t, r.printer.finish([]score{s}, 1), "p: 75.0 %")
	killed := map[string]string{}
	for text := range strings.Lines(out.String()) {
		l, err := results.Parse([]byte(text))
		require.NoError(t, err)
		if l.Mutant != nil && l.Mutant.Killed {
			require.Len(t, l.Mutant.Checks, 1)
			killed[l.Mutant.Name] = l.Mutant.Checks["TestUntil"]
		}
	}
	require.Equal(t, map[string]string{
		"p/p.go Until: negate i < n":     "failed",
		"p/p.go Until: i < n becomes <=": "failed",
		"p/p.go Until: drop i++":         "hung",
	}, killed)

	r.equivalents["p/p.go Less: gone"] = "it is no more"
	r.dir = t.TempDir()
	_, err = r.run(t.Context())
	require.ErrorContains(t, err, "Less: gone")
}

func TestASampleDependsOnNamesAndSeedOnly(t *testing.T) {
	s, err := checkSource("example.com/p", "p", map[string][]byte{"p/p.go": []byte(
		"package p\nfunc f(a, b, c, d, e, g bool) { if a { }; if b { }; if c { }; if d { }; if e { }; if g { } }")}, nil)
	require.NoError(t, err)
	sites, _ := find(s, 1)
	draw := func(seed uint64, sites []site) (names []string) {
		chosen, _ := choose(sites, nil, options{sample: 3, seed: seed, only: regexp.MustCompile("")})
		for _, s := range chosen {
			names = append(names, s.name())
		}
		return names
	}
	first := draw(1, sites)
	require.Len(t, first, 3)
	moved, _ := find(s, 100)
	require.Equal(t, first, draw(1, moved))
	differs := false
	for seed := range uint64(20) {
		differs = differs || !slices.Equal(first, draw(seed, sites))
	}
	require.True(t, differs, "the seed draws")
}

func TestTheTargetsHaveMutantsAndTheEquivalentsAreAmongThem(t *testing.T) {
	equivalents, err := readEquivalents("../../..")
	require.NoError(t, err)
	for _, target := range targets() {
		t.Run(target.name, func(t *testing.T) {
			var sites []site
			for _, dir := range target.packages {
				s, err := loadSource(t.Context(), "../../..", dir)
				require.NoError(t, err)
				found, _ := find(s, 1)
				sites = append(sites, found...)
			}
			require.Greater(t, len(sites), 20)
			require.Empty(t, unknownEquivalents(equivalents, target, sites))
		})
	}
}

func TestUsage(t *testing.T) {
	for claim, args := range map[string][]string{
		"an unknown flag":     {"-fast"},
		"an unknown target":   {"model"},
		"no expression":       {"-only", "("},
		"no jobs":             {"-jobs", "0"},
		"less than no sample": {"-sample", "-1"},
	} {
		t.Run(claim, func(t *testing.T) {
			require.ErrorAs(t, run(t.Context(), args, new(bytes.Buffer)), new(mutation.UsageError))
		})
	}
	require.ErrorIs(t, run(t.Context(), []string{"-h"}, new(bytes.Buffer)), flag.ErrHelp)
}
