package verify

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A reader understands what the command of a link prints, line by line, and puts it into
// evidence. done says in a few words what was checked.
type reader interface {
	line(text string, e *evidence)
	progress() string
	done() string
	problems() []string // what went wrong, in the command's words
}

// mostProblem bounds what of one failure goes into the report, in lines.
const mostProblem = 30

// goTests reads what go test -json prints.
type goTests struct {
	passed, skipped int
	output          map[string][]string
	failures        []string
	counts          []figure
}

func readGoTests() reader { return &goTests{output: map[string][]string{}} }

type testEvent struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

func (g *goTests) line(text string, e *evidence) {
	var event testEvent
	if json.Unmarshal([]byte(text), &event) != nil || event.Action == "" {
		g.failures = append(g.failures, text) // the go command itself says something
		return
	}
	top, _, sub := strings.Cut(event.Test, "/")
	name := path.Base(event.Package) + "." + top
	whole := path.Base(event.Package) + "." + event.Test // with its part
	run := e.tests[name]
	switch event.Action {
	case "output":
		g.output[whole] = append(g.output[whole], strings.TrimRight(event.Output, "\n"))
		if found := figures(event.Output); top != "" && strings.HasPrefix(event.Output, "    ") {
			run.figures = append(run.figures, found...)
			g.counts = append(g.counts, found...)
		}
	case "pass":
		if top == "" || sub {
			return
		}
		g.passed++
		run.verdict = worst(verified, run.verdict)
		if run.verdict == "" {
			run.verdict = verified
		}
		run.took = time.Duration(event.Elapsed * float64(time.Second))
	case "skip":
		if top == "" || sub {
			return
		}
		g.skipped++
		run.verdict = notChecked
	case "fail":
		lines := g.output[whole]
		g.failures = append(g.failures, fmt.Sprintf("%s failed:", strings.TrimSuffix(whole, ".")))
		g.failures = append(g.failures, lines[max(0, len(lines)-mostProblem):]...)
		if sub {
			return
		}
		run.verdict = failed
	default:
		return
	}
	if top != "" {
		e.tests[name] = run
	}
}

func (g *goTests) progress() string { return fmt.Sprintf("%d tests", g.passed) }

func (g *goTests) done() string {
	said := []string{fmt.Sprintf("%d tests", g.passed)}
	if g.skipped > 0 {
		said = append(said, fmt.Sprintf("%d skipped", g.skipped))
	}
	for _, f := range summed(g.counts) {
		said = append(said, f.String())
	}
	return strings.Join(said, ", ")
}

func (g *goTests) problems() []string { return g.failures }

// summed adds up figures of one kind, in the order in which the kinds came.
func summed(all []figure) []figure {
	var sums []figure
next:
	for _, f := range all {
		for i := range sums {
			if sums[i].what == f.what {
				sums[i].count += f.count
				continue next
			}
		}
		sums = append(sums, f)
	}
	return sums
}

// models reads what spec/tlc prints.
type models struct {
	ok, states int
	failures   []string
}

func readTLC() reader { return &models{} }

var modelLine = regexp.MustCompile(`^(\S+) .* exit\s+-?\d+\s+(\d+) states\s+([\d.]+)s\s+(ok$|DIFFERS.*)`)

func (m *models) line(text string, e *evidence) {
	found := modelLine.FindStringSubmatch(text)
	if found == nil {
		if strings.HasPrefix(text, "tlc: ") || strings.HasPrefix(text, "manifest: ") {
			m.failures = append(m.failures, text)
		}
		return
	}
	states, _ := strconv.Atoi(found[2]) // digits, by the pattern
	seconds, _ := strconv.ParseFloat(found[3], 64)
	run := modelRun{ok: found[4] == "ok", states: states, took: time.Duration(seconds * float64(time.Second))}
	e.models[found[1]] = run
	if run.ok {
		m.ok++
		m.states += states
	} else {
		m.failures = append(m.failures, text)
	}
}

func (m *models) progress() string { return fmt.Sprintf("%d models", m.ok) }

func (m *models) done() string {
	return fmt.Sprintf("%d models as they must be, %s distinct states", m.ok, grouped(m.states))
}

func (m *models) problems() []string { return m.failures }

// matrix reads what internal/mutants prints: progress first, the table last.
type matrix struct {
	seen     string
	table    bool
	caught   int
	failures []string
}

func readMatrix() reader { return &matrix{} }

var progressLine = regexp.MustCompile(`^\[\s*(\d+/\d+)\]`)

func (m *matrix) line(text string, e *evidence) {
	words := strings.Fields(text)
	switch {
	case strings.HasPrefix(text, "mutants: "):
		m.failures = append(m.failures, text)
	case progressLine.MatchString(text):
		m.seen = progressLine.FindStringSubmatch(text)[1] + " faults"
	case strings.HasPrefix(text, "fault ") && strings.Contains(text, "must be found by"):
		m.table = true
	case strings.HasPrefix(text, "found, of those asked"):
		m.table = false
	case m.table && len(words) > 3:
		last := words[len(words)-1]
		run := faultRun{name: words[0], breaks: words[1], caught: last != "SURVIVES" && last != "WORTHLESS"}
		e.faults = append(e.faults, run)
		if run.caught {
			m.caught++
		} else {
			m.failures = append(m.failures, strings.Join(words, " "))
		}
	}
}

func (m *matrix) progress() string   { return m.seen }
func (m *matrix) done() string       { return fmt.Sprintf("%d planted faults caught", m.caught) }
func (m *matrix) problems() []string { return m.failures }

// plain reads a command whose last figures tell it all.
type plain struct {
	last []figure
	tail []string
}

func readPlain() reader { return &plain{} }

func (p *plain) line(text string, _ *evidence) {
	if found := figures(text); len(found) > 0 {
		p.last = found
	}
	if p.tail = append(p.tail, text); len(p.tail) > mostProblem {
		p.tail = p.tail[1:]
	}
}

func (p *plain) progress() string { return p.done() }

func (p *plain) done() string {
	var said []string
	for _, f := range p.last {
		said = append(said, f.String())
	}
	return strings.Join(said, ", ")
}

func (p *plain) problems() []string { return p.tail }
