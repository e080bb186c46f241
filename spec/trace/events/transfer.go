package events

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Step is one step that a party told of one connection. It is a value.
type Step struct {
	Thread  string // steps of one thread are in order; of several they are not
	Who     string // "broker", "backend" or "client"
	Op      string // one of the Op constants of its package
	Attempt int    // the number of the attempt at this connection, from 1; 0: none
	Link    int    // the number of the link, from 1; 0: none
	Failed  bool   // the step went wrong, or came too late
}

// Transfer is what all parties told of one connection, and what decides what they
// may do.
type Transfer struct {
	Name   string // one word
	Kind   string // of the client: "explicit" or "plain"
	Lease  bool   // links are in lease mode; else they wait for commit
	Margin bool   // leases end before the deadline; else they end at once
	Links  int    // how many backends there are
	Steps  []Step // as they were told
}

// String returns the step as Write writes it.
func (s Step) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s", s.Thread, s.Who, s.Op)
	if s.Attempt != 0 {
		fmt.Fprintf(&b, " attempt=%d", s.Attempt)
	}
	if s.Link != 0 {
		fmt.Fprintf(&b, " link=%d", s.Link)
	}
	if s.Failed {
		b.WriteString(" failed")
	}
	return b.String()
}

func (p *Transfer) head() string {
	return fmt.Sprintf("transfer %s kind=%s lease=%t margin=%t links=%d", p.Name, p.Kind, p.Lease, p.Margin, p.Links)
}

// Threads returns the steps of each thread, the threads in the order of their
// first steps.
func (p *Transfer) Threads() [][]Step {
	var names []string
	var threads [][]Step
	for _, s := range p.Steps {
		i := slices.Index(names, s.Thread)
		if i < 0 {
			i = len(names)
			names = append(names, s.Thread)
			threads = append(threads, nil)
		}
		threads[i] = append(threads[i], s)
	}
	return threads
}

// Attempts returns the largest number of an attempt in the steps.
func (p *Transfer) Attempts() int {
	n := 0
	for _, s := range p.Steps {
		n = max(n, s.Attempt)
	}
	return n
}

func readTransfer(words []string) (p Transfer, err error) {
	if len(words) > 0 {
		p.Name, words = words[0], words[1:]
	}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "kind":
			p.Kind = value
		case "lease":
			p.Lease, err = strconv.ParseBool(value)
		case "margin":
			p.Margin, err = strconv.ParseBool(value)
		case "links":
			p.Links, err = natural(value)
		default:
			err = fmt.Errorf("unknown option %q", word)
		}
		if err != nil {
			return p, err
		}
	}
	if p.Name == "" || p.Kind != "explicit" && p.Kind != "plain" || p.Links < 1 {
		return p, fmt.Errorf("transfer %q has no name, no links, or no client", p.Name)
	}
	return p, nil
}

func readStep(words []string) (s Step, err error) {
	if len(words) < 3 {
		return s, fmt.Errorf("%q is no step", strings.Join(words, " "))
	}
	s = Step{Thread: words[0], Who: words[1], Op: words[2]}
	for _, word := range words[3:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "attempt":
			s.Attempt, err = natural(value)
		case "link":
			s.Link, err = natural(value)
		case "failed":
			s.Failed = true
		default:
			err = fmt.Errorf("unknown field %q", word)
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}
