package faultmatrix_test

import (
	"fmt"
	"path/filepath"
	"strings"
)

// saw says what the client saw, in words.
func (w *world) saw() string {
	if w.probe.isKilled() {
		return "it was killed"
	}
	answer := w.probe.find("answer")[0]
	by, owner := w.server()
	how := ""
	switch {
	case answer.Op == "connect":
		return "no connection"
	case answer.Note == "answered":
		how = by
	case answer.Note == "end" && answer.Op == "adopted":
		how = "ready, " + by
	case answer.Note == "end":
		how = "the end"
	default:
		how = answer.Note
	}
	switch {
	case owner != nil && owner.isKilled() && answer.Op != "failed":
		return "its owner was killed"
	case answer.Note == "answered" && w.probe.find("again")[0].Note != "answered":
		how += ", then the end"
	}
	return how
}

// server returns who served the client, in words, and its process, nil if it has none.
func (w *world) server() (string, *process) {
	for _, h := range w.probe.find("heard")[0].Heard {
		if h.From == reconnectSocket && len(h.Bytes) > 0 {
			return "reconnected", nil
		}
	}
	probe := filepath.Join(w.dir, w.probe.Name)
	var order []uint64 // of links that it was offered on
	for _, r := range w.broker.steps("Begin") {
		if r.Note == probe {
			order = append(order, r.Link)
		}
	}
	e := evidence{broker: w.broker.all(), backends: map[string][]report{first: w.a.all(), second: w.b.all()}, probe: probe}
	for _, owner := range e.owners()[probe] {
		switch owner {
		case byProxy:
			return "proxied", nil
		case byCaller:
			return "caller", nil
		case first, second:
			p := map[string]*process{first: w.a, second: w.b}[owner]
			if (owner == first) == (order[0] != 1) {
				return "first backend", p
			}
			return "second backend", p
		}
	}
	return "nobody", nil
}

// history is what everybody did, for a failure.
func (w *world) history() string {
	var b strings.Builder
	for _, p := range []*process{w.broker, w.a, w.b, w.probe} {
		if p == nil {
			continue
		}
		fmt.Fprintf(&b, "%s:", p.Name)
		for _, r := range p.all() {
			if r.Kind == "step" {
				fmt.Fprintf(&b, " %s(%d,%d", r.Op, r.Link, r.Offer)
				if r.Err != "" {
					fmt.Fprintf(&b, ": %s", r.Err)
				}
				b.WriteString(")")
				continue
			}
			fmt.Fprintf(&b, " [%s %s%s", r.Kind, r.Op, r.Note)
			if r.Err != "" {
				fmt.Fprintf(&b, ": %s", r.Err)
			}
			b.WriteString("]")
		}
		b.WriteString("\n")
	}
	return b.String()
}
