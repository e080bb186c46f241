package main

import "strings"

// plain reads a command that tells all by its exit code. What it prints is shown if it fails.
type plain struct {
	name string
	said []string
}

func readPlain(s step) reader { return &plain{name: strings.Join(s.command, " ")} }

func (p *plain) line(text string) string {
	p.said = append(p.said, text)
	return ""
}

func (p *plain) end(err error) outcome {
	if err != nil {
		return outcome{failures: []failure{{p.name, append(excerpt(p.said), err.Error())}}}
	}
	return outcome{passed: 1}
}
