package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// check holds the manifest and the files in dir against each other, and returns
// what is wrong. A file that no model uses is checked by nobody.
func (m *manifest) check(dir string) []string {
	var problems []string
	used := map[string]bool{}
	for _, name := range m.Library {
		used[name] = true
	}
	for _, model := range m.Models {
		used[model.Module], used[model.Cfg] = true, true
	}
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if ext := filepath.Ext(name); ext != ".tla" && ext != ".cfg" {
			return nil
		}
		text, err := os.ReadFile(file)
		found[name] = string(text)
		if !used[name] {
			problems = append(problems, name+" is in no model of the manifest")
		}
		return err
	})
	if err != nil {
		problems = append(problems, err.Error())
	}
	for name := range used {
		if _, ok := found[name]; !ok {
			problems = append(problems, name+" is in the manifest, but there is no such file")
		}
	}
	modules := ""
	for name, text := range found {
		if strings.HasSuffix(name, ".tla") {
			modules += text + "\n"
		}
	}
	for _, model := range m.Models {
		if problem := model.named(found[model.Cfg], modules); problem != "" {
			problems = append(problems, model.Name+": "+problem)
		}
	}
	slices.Sort(problems)
	return problems
}

// named returns what is wrong with the names that a model gives to its
// violation: TLC must be asked for the property, and the clause be a part of it.
// TLC does not say which of several liveness properties is violated, so there
// must be one.
func (m *model) named(cfg, modules string) string {
	invariants, properties := asked(cfg)
	if m.Invariant != "" {
		invariants = append(invariants, m.Invariant)
	}
	if !slices.Contains(invariants, "TypeOK") && m.Property != "TypeOK" {
		return "TypeOK is not among the invariants of " + m.Cfg
	}
	switch {
	case m.Property == "":
		return ""
	case m.Verdict == liveness && !slices.Equal(properties, []string{m.Property}):
		return fmt.Sprintf("%s must ask for %s and no other property", m.Cfg, m.Property)
	case !slices.Contains(append(invariants, properties...), m.Property):
		return fmt.Sprintf("%s does not ask for %s", m.Cfg, m.Property)
	case m.Clause != "" && !mentions(definition(modules, m.Property), m.Clause):
		return fmt.Sprintf("%s is no clause of %s", m.Clause, m.Property)
	}
	return ""
}

// asked returns the invariants and the properties that a configuration names.
func asked(cfg string) (invariants, properties []string) {
	var section string
	for line := range strings.Lines(cfg) {
		line, _, _ = strings.Cut(line, `\*`)
		for _, word := range strings.Fields(line) {
			switch word {
			case "INVARIANT", "INVARIANTS", "PROPERTY", "PROPERTIES",
				"CONSTANT", "CONSTANTS", "SPECIFICATION", "INIT", "NEXT", "SYMMETRY", "VIEW",
				"CONSTRAINT", "CONSTRAINTS", "ACTION_CONSTRAINT", "ACTION_CONSTRAINTS", "CHECK_DEADLOCK":
				section = word
				continue
			}
			switch section {
			case "INVARIANT", "INVARIANTS":
				invariants = append(invariants, word)
			case "PROPERTY", "PROPERTIES":
				properties = append(properties, word)
			}
		}
	}
	return invariants, properties
}

// definition returns the text that defines name, up to the next empty line or
// rule, of every module that does; empty if none does.
func definition(modules, name string) string {
	var text strings.Builder
	inside, begun := false, false
	for line := range strings.Lines(modules) {
		if head, body, ok := strings.Cut(line, "=="); ok && strings.TrimSpace(head) == name {
			inside, begun, line = true, false, body
		}
		empty := strings.TrimSpace(line) == ""
		if empty && begun || strings.HasPrefix(line, "----") || strings.HasPrefix(line, "====") {
			inside = false
		}
		if inside {
			text.WriteString(line)
			begun = begun || !empty
		}
	}
	return text.String()
}

// mentions reports whether name is one of the words of a text.
func mentions(text, name string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return slices.Contains(words, name)
}
