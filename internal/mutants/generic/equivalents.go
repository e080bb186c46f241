package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const equivalentsFile = "internal/mutants/generic/testdata/equivalents.txt"

// readEquivalents returns the names of the mutants that no test can notice, each with the reason why,
// from the file in the module at root. There the name is a line of its own, and the reason is the
// indented lines below it.
func readEquivalents(root string) (map[string]string, error) {
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(equivalentsFile)))
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	name := ""
	for line := range strings.Lines(string(content)) {
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.HasPrefix(line, "#"):
		case text == strings.TrimRight(line, "\r\n"):
			if _, twice := all[text]; twice {
				return nil, fmt.Errorf("equivalents: twice: %s", text)
			}
			name = text
			all[name] = ""
		default:
			all[name] = strings.TrimSpace(all[name] + " " + text)
		}
	}
	for name, reason := range all {
		if name == "" || reason == "" {
			return nil, fmt.Errorf("equivalents: a name without a reason, or a reason without a name: %q", name)
		}
	}
	return all, nil
}

// unknownEquivalents returns the equivalents in the target's packages that are none of the sites.
func unknownEquivalents(equivalents map[string]string, t target, sites []site) (unknown []string) {
	names := map[string]bool{}
	for _, s := range sites {
		names[s.name()] = true
	}
	for _, name := range sortedKeys(equivalents) {
		file, _, _ := strings.Cut(name, " ")
		if slices.Contains(t.packages, file[:max(strings.LastIndex(file, "/"), 0)]) && !names[name] {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// choose returns the sites that are tried, in their order, and how many equivalents are left out. A
// sample is drawn by the names alone, so that it stays the same where the source does.
func choose(sites []site, equivalents map[string]string, o options) (chosen []site, left int) {
	for _, s := range sites {
		if !o.only.MatchString(s.name()) {
			continue
		}
		if _, is := equivalents[s.name()]; is {
			left++
			continue
		}
		chosen = append(chosen, s)
	}
	if o.sample == 0 || o.sample >= len(chosen) {
		return chosen, left
	}
	rank := func(s site) uint64 {
		h := fnv.New64a()
		fmt.Fprint(h, o.seed, s.name(), o.seed)
		return h.Sum64()
	}
	slices.SortFunc(chosen, func(a, b site) int {
		if rank(a) < rank(b) {
			return -1
		}
		return 1
	})
	chosen = chosen[:o.sample]
	slices.SortFunc(chosen, func(a, b site) int { return a.id - b.id })
	return chosen, left
}
