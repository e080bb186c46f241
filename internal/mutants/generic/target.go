package main

import (
	"fmt"
	"slices"
	"strings"
)

// A target is a package whose tests are judged by the mutants of it.
type target struct {
	name     string   // the path in the module of the package with the tests
	packages []string // the paths of the packages that are changed
	minimum  float64  // the score, in percent, below which a run fails
}

// targets returns all targets, the quick ones first.
func targets() []target {
	return []target{
		{"fallback", []string{"fallback"}, 95},
		{"fsm", []string{"fsm"}, 95},
		{"registry", []string{"registry", "registry/internal/store"}, 95},
		{"wire", []string{"wire"}, 95},
		{"internal/fdpass", []string{"internal/fdpass"}, 95},
		{"client", []string{"client"}, 95},
		{"backend", []string{"backend"}, 85},
		{"broker", []string{"broker"}, 85},
	}
}

// chooseTargets returns the targets with these names, or all if there are none.
func chooseTargets(names []string) ([]target, error) {
	if len(names) == 0 {
		return targets(), nil
	}
	var chosen []target
	for _, name := range names {
		name = strings.TrimPrefix(strings.TrimSuffix(name, "/"), "./")
		i := slices.IndexFunc(targets(), func(t target) bool { return t.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no target %q", name)
		}
		chosen = append(chosen, targets()[i])
	}
	return chosen, nil
}
