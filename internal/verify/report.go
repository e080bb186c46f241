package main

import (
	"bytes"
	_ "embed"
	htmltemplate "html/template"
	"os"
	"path/filepath"
	"strings"
	texttemplate "text/template"
	"time"
)

// report is the page that a run ends with.
type report struct {
	When       time.Time
	Machine    []string
	Checks     []checkRun
	Guarantees []judged
	Took       time.Duration
}

// Verdict is verified only if every check and every guarantee is.
func (r *report) Verdict() verdict {
	v := verified
	for _, c := range r.Checks {
		v = worst(v, c.Verdict)
	}
	for _, g := range r.Guarantees {
		v = worst(v, g.Verdict)
	}
	return v
}

// Unchecked returns the checks that were not checked.
func (r *report) Unchecked() []checkRun {
	var some []checkRun
	for _, c := range r.Checks {
		if c.Verdict == notChecked {
			some = append(some, c)
		}
	}
	return some
}

// summary is what the terminal shows at the end.
func (r *report) summary() string {
	var b strings.Builder
	for _, g := range r.Guarantees {
		b.WriteString(pad(g.ID, 4) + pad(g.Promise, 24) + string(g.Verdict))
		if len(g.Why) > 0 {
			b.WriteString(": " + g.Why[0])
			if more := len(g.Why) - 1; more > 0 {
				b.WriteString(", and " + grouped(more) + " more")
			}
		}
		b.WriteString("\n")
	}
	for _, c := range r.Unchecked() {
		b.WriteString("not checked: " + c.Name + ": " + c.Checked + "\n")
	}
	b.WriteString(string(r.Verdict()) + " in " + seconds(r.Took))
	return b.String()
}

// class names how a verdict looks on the page.
func class(v verdict) string {
	return map[verdict]string{verified: "good", failed: "bad", notChecked: "gap"}[v]
}

// count returns how many of a thing there are, in words.
func count(all []string, thing string) string {
	if len(all) != 1 {
		thing += "s"
	}
	return grouped(len(all)) + " " + thing
}

func pad(s string, width int) string { return s + strings.Repeat(" ", max(1, width-len(s))) }

//go:embed report.md.tmpl
var markdown string

//go:embed report.html.tmpl
var page string

// write writes the report to name.md and name.html.
func (r *report) write(name string) error {
	funcs := map[string]any{
		"seconds": seconds,
		"join":    func(s []string) string { return strings.Join(s, " ") },
		"class":   class,
		"count":   count,
	}
	md, err := texttemplate.New("report").Funcs(funcs).Parse(markdown)
	if err != nil {
		return err
	}
	html, err := htmltemplate.New("report").Funcs(funcs).Parse(page)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	var text bytes.Buffer
	if err := md.Execute(&text, r); err != nil {
		return err
	}
	if err := os.WriteFile(name+".md", text.Bytes(), 0o644); err != nil {
		return err
	}
	text.Reset()
	if err := html.Execute(&text, r); err != nil {
		return err
	}
	return os.WriteFile(name+".html", text.Bytes(), 0o644)
}
