package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// specModel is a model of the specification, with the properties that it is about.
type specModel struct {
	name       string
	holds      bool     // else it must fail
	properties []string // that it checks; or the one that it must break
}

// readModels returns the models of the default lane, as the manifest has them.
func readModels(root string) ([]specModel, error) {
	text, err := os.ReadFile(filepath.Join(root, "spec", "manifest.json"))
	if err != nil {
		return nil, err
	}
	var manifest struct {
		Models []struct{ Name, Cfg, Verdict, Property, Lane string }
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("spec/manifest.json: %w", err)
	}
	var all []specModel
	for _, m := range manifest.Models {
		if m.Lane != "default" {
			continue
		}
		model := specModel{name: m.Name, holds: m.Verdict == "holds", properties: []string{m.Property}}
		if model.holds {
			cfg, err := os.ReadFile(filepath.Join(root, "spec", m.Cfg))
			if err != nil {
				return nil, err
			}
			model.properties = checkedBy(string(cfg))
		}
		all = append(all, model)
	}
	return all, nil
}

// checkedBy returns the invariants and properties of a configuration of TLC.
func checkedBy(cfg string) []string {
	keywords := []string{
		"SPECIFICATION", "INIT", "NEXT", "CONSTANT", "CONSTANTS", "INVARIANT", "INVARIANTS", "PROPERTY", "PROPERTIES",
		"CONSTRAINT", "CONSTRAINTS", "ACTION_CONSTRAINT", "ACTION_CONSTRAINTS", "SYMMETRY", "VIEW", "CHECK_DEADLOCK",
		"POSTCONDITION", "ALIAS",
	}
	var checked []string
	keyword := ""
	for line := range strings.Lines(cfg) {
		line, _, _ = strings.Cut(line, `\*`)
		for word := range strings.FieldsSeq(line) {
			switch {
			case slices.Contains(keywords, word):
				keyword = word
			case strings.HasPrefix(keyword, "INVARIANT"), strings.HasPrefix(keyword, "PROPERT"):
				checked = append(checked, word)
			}
		}
	}
	return checked
}
