package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
)

const (
	readmeName  = "README.md"
	tablesBegin = "<!-- models: written by go run ./spec/tlc -update -->\n"
	tablesEnd   = "<!-- end of models -->\n"
)

// tables lists the models for a reader: those that hold, those that must fail,
// and the witnesses, which are too many for a line each.
func (m *manifest) tables() string {
	var holding, failing strings.Builder
	var witnesses []string
	for _, model := range m.Models {
		switch {
		case model.Invariant != "":
			witnesses = append(witnesses, "`"+strings.TrimPrefix(model.Invariant, "Never")+"`")
		case model.Verdict == holds:
			fmt.Fprintf(&holding, "| `%s` | `%s` | %d | %s |\n", model.Name, model.Module, model.States, model.Lane)
		default:
			fmt.Fprintf(&failing, "| `%s` | %s | %d |\n", model.Name, model.breaks(), model.States)
		}
	}
	return "| holds | module | distinct states | lane |\n| --- | --- | --- | --- |\n" + holding.String() +
		"\n| must fail | broken | distinct states until then |\n| --- | --- | --- |\n" + failing.String() +
		fmt.Sprintf("\nThe %d answers that are reached: %s.\n", len(witnesses), strings.Join(witnesses, ", "))
}

// breaks says what a model that must fail breaks.
func (m *model) breaks() string {
	switch {
	case m.Verdict == assumption:
		return "an assumption about the constants"
	case m.Clause != "":
		return fmt.Sprintf("`%s`: `%s`", m.Property, m.Clause)
	default:
		return fmt.Sprintf("`%s`", m.Property)
	}
}

// retable returns text with the tables between its two marks.
func (m *manifest) retable(text []byte) ([]byte, error) {
	before, rest, begins := bytes.Cut(text, []byte(tablesBegin))
	_, after, ends := bytes.Cut(rest, []byte(tablesEnd))
	if !begins || !ends {
		return nil, errors.New(readmeName + " has no place for the tables of models")
	}
	return bytes.Join([][]byte{before, []byte(tablesBegin), []byte(m.tables()), []byte(tablesEnd), after}, nil), nil
}

func (m *manifest) updateReadme(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if text, err = m.retable(text); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
