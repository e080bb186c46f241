// Package graph holds the state graph that TLC finds against the one that the
// reference model reaches: the same states, the same steps between them.
package graph

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/handoff-go/handoff/model"
)

// state is one state of HandoffAck as TLC prints it: the text of each variable.
type state map[string]string

var (
	nodeLine = regexp.MustCompile(`^(-?\d+) \[label="(.*?)"(,style = filled)?\]`)
	edgeLine = regexp.MustCompile(`^(-?\d+) -> (-?\d+) \[label="(\w+)"`)
	pair     = regexp.MustCompile(`(\w+) (?::>|\|->) "?(\w+)"?`)
)

// ReadDot reads what TLC's -dump dot,actionlabels wrote of HandoffAck, as the
// graph of the model: the same words for the same states, ghosts left out, and
// steps with the parameters that the difference of two states tells, since TLC
// prints the name only. It returns an error if the text is no such graph.
func ReadDot(r io.Reader) (model.Graph, error) {
	states := map[string]state{}
	var steps [][3]string
	initial := ""
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // a state is one line
	for lines.Scan() {
		if m := edgeLine.FindStringSubmatch(lines.Text()); m != nil {
			steps = append(steps, [3]string(m[1:4]))
		} else if m := nodeLine.FindStringSubmatch(lines.Text()); m != nil {
			states[m[1]] = parseState(m[2])
			if m[3] != "" {
				initial = m[1]
			}
		}
	}
	if err := lines.Err(); err != nil {
		return model.Graph{}, err
	}
	if initial == "" {
		return model.Graph{}, fmt.Errorf("no initial state among %d states", len(states))
	}
	nodes, edges := map[string]bool{}, map[model.Edge]bool{}
	words := map[string]string{} // several states may differ in ghosts only
	for id, s := range states {
		text, err := s.words()
		if err != nil {
			return model.Graph{}, err
		}
		words[id] = text
		nodes[text] = true
	}
	for _, s := range steps {
		from, to := states[s[0]], states[s[1]]
		if from == nil || to == nil {
			return model.Graph{}, fmt.Errorf("step %s leads from or to a state that is not listed", s[2])
		}
		if words[s[0]] == words[s[1]] {
			continue // the step changed nothing but ghosts
		}
		edges[model.Edge{From: words[s[0]], Step: label(s[2], from, to), To: words[s[1]]}] = true
	}
	return model.Graph{
		Initial: words[initial],
		Nodes:   slices.Sorted(maps.Keys(nodes)),
		Edges:   slices.SortedFunc(maps.Keys(edges), model.Edge.Compare),
	}, nil
}

// parseState splits the conjunction that TLC prints into its variables.
func parseState(label string) state {
	label = strings.NewReplacer(`\n`, " ", `\"`, `"`, `\\`, `\`).Replace(label)
	s := state{}
	for _, conjunct := range strings.Split(label, `/\ `)[1:] {
		name, value, _ := strings.Cut(conjunct, " = ")
		s[name] = strings.TrimSpace(value)
	}
	return s
}

// function reads a function or record that TLC printed.
func (s state) function(name string) map[string]string {
	f := map[string]string{}
	for _, m := range pair.FindAllStringSubmatch(s[name], -1) {
		f[m[1]] = m[2]
	}
	return f
}

// words says a state as model.Graph does.
func (s state) words() (string, error) {
	token, handoff := s.function("token"), s.function("handoff")
	end, since := s.function("end"), s.function("since")
	var b strings.Builder
	for i := 1; i <= len(token); i++ {
		t := "t" + strconv.Itoa(i)
		b.WriteString(t + "=")
		switch {
		case token[t] == "live" && handoff[t] == "pending":
			fmt.Fprintf(&b, "pending:%s:%s", since[t], end[t])
			if strings.Contains(s["consumed"], t) {
				b.WriteString(":consumed")
			}
		case token[t] == "live" && handoff[t] == "none":
			b.WriteString("issued:" + end[t])
		case token[t] == "dead" && handoff[t] != "pending":
			b.WriteString("dead:" + handoff[t])
		case token[t] == "fresh" && handoff[t] == "none":
			b.WriteString("fresh")
		default:
			return "", fmt.Errorf("token %s is %q with a handoff that is %q: no record can say that", t, token[t], handoff[t])
		}
		b.WriteByte(' ')
	}
	st := s.function("stats")
	fmt.Fprintf(&b, "closed=%t stats=%s,%s,%s,%s,%s,%s", s["closed"] == "TRUE",
		st["issued"], st["revoked"], st["registered"], st["acknowledged"], st["expired"], st["abandoned"])
	return b.String(), nil
}

// label tells a step's parameters: the token is the one whose record changed,
// the instant is the one that the later state remembers.
func label(action string, from, to state) string {
	switch action {
	case "Close":
		return action
	case "Abandon", "CloseOne":
		return action + " " + changed(from, to)
	}
	return action + " " + changed(from, to) + " " + to["now"]
}

// changed returns the token whose record a step changed.
func changed(from, to state) string {
	for _, name := range []string{"token", "handoff", "end", "since"} {
		before := from.function(name)
		for t, after := range to.function(name) {
			if before[t] != after {
				return t
			}
		}
	}
	for t := range to.function("token") {
		if strings.Contains(from["consumed"], t) != strings.Contains(to["consumed"], t) {
			return t
		}
	}
	return "?"
}
