package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/handoff-go/handoff/internal/results"
)

const (
	manifestName = "manifest.json"
	laneDefault  = "default"
	laneLong     = "long"
	laneAll      = "all"
)

// manifest lists all models of the specification, and what each must show.
type manifest struct {
	Library []string `json:"library"` // modules that are no model's own, only extended
	Models  []model  `json:"models"`
}

// model is one run of TLC and its expected outcome. File names are relative to
// the folder of the specification.
type model struct {
	Name      string  `json:"name"`
	Module    string  `json:"module"`
	Cfg       string  `json:"cfg"`
	Invariant string  `json:"invariant,omitempty"` // added to the configuration
	Verdict   verdict `json:"verdict"`
	Property  string  `json:"property,omitempty"` // the property that must be violated, as the configuration names it
	Clause    string  `json:"clause,omitempty"`   // the conjunct of it that TLC must name, where it has several
	Exit      int     `json:"exit"`               // of TLC
	States    int     `json:"states"`             // distinct ones, when TLC is done or has found the violation
	Graph     *bounds `json:"graph,omitempty"`    // the state graph must be that of the Go model, with these constants
	Lane      string  `json:"lane"`
	Workers   int     `json:"workers"` // more than one only where the count cannot depend on it
}

// bounds are the constants of a graph, the same as in the configuration: if
// they were not, neither would the graphs be. The last two are what is found.
type bounds struct {
	Tokens      int `json:"tokens"`
	MaxPending  int `json:"maxPending"`
	AckDeadline int `json:"ackDeadline"`
	TokenTTL    int `json:"tokenTTL"`
	Horizon     int `json:"horizon"`
	Nodes       int `json:"nodes"`
	Edges       int `json:"edges"`
}

// verdict is what TLC found.
type verdict string

const (
	holds      verdict = "holds"
	assumption verdict = "assumption" // an ASSUME is false
	invariant  verdict = "invariant"
	action     verdict = "action" // an action property
	liveness   verdict = "liveness"
	deadlock   verdict = "deadlock"
	another    verdict = "another graph"    // than the Go model has; never expected
	broken     verdict = results.NotChecked // TLC could not check the model; never expected
)

// exit returns how TLC exits for a verdict, and false for one not to expect.
func (v verdict) exit() (int, bool) {
	switch v {
	case holds:
		return 0, true
	case assumption:
		return 10, true
	case deadlock:
		return 11, true
	case invariant:
		return 12, true
	case action, liveness:
		return 13, true
	}
	return 0, false
}

func loadManifest(file string) (*manifest, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usageError(err.Error())
	}
	var m manifest
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, usageError(file + ": " + err.Error())
	}
	seen := map[string]bool{}
	for _, model := range m.Models {
		if err := model.valid(); err != nil {
			return nil, usageError(fmt.Sprintf("%s: model %q: %v", file, model.Name, err))
		}
		if seen[model.Name] {
			return nil, usageError(fmt.Sprintf("%s: two models named %q", file, model.Name))
		}
		seen[model.Name] = true
	}
	return &m, nil
}

func (m *model) valid() error {
	exit, known := m.Verdict.exit()
	violated := m.Verdict == invariant || m.Verdict == action || m.Verdict == liveness
	switch {
	case m.Name == "" || m.Module == "" || m.Cfg == "":
		return fmt.Errorf("name, module and cfg are needed")
	case !known:
		return fmt.Errorf("verdict %q is none to expect", m.Verdict)
	case m.Exit != exit:
		return fmt.Errorf("TLC exits with %d, not %d, for verdict %q", exit, m.Exit, m.Verdict)
	case violated != (m.Property != ""):
		return fmt.Errorf("a property is needed if and only if one must be violated")
	case m.Clause != "" && !violated:
		return fmt.Errorf("a clause needs a property")
	case m.Lane != laneDefault && m.Lane != laneLong:
		return fmt.Errorf("lane %q is neither %q nor %q", m.Lane, laneDefault, laneLong)
	case m.Workers < 1:
		return fmt.Errorf("workers must be at least 1")
	case m.Graph != nil && m.Verdict != holds:
		return fmt.Errorf("a graph is whole only where all holds")
	case m.Workers > 1 && m.Verdict != holds:
		return fmt.Errorf("a violation is found after as many states every time by one worker only")
	}
	return nil
}

// says is the name that TLC gives to what is violated; empty when it gives none.
func (m *model) says() string {
	switch {
	case m.Verdict == liveness:
		return ""
	case m.Clause != "":
		return m.Clause
	default:
		return m.Property
	}
}

// choose returns the models of a lane, or those that only names: by name in whatever
// lane, by a pattern in the lane.
func choose(models []model, lane, only string) ([]model, error) {
	if lane != laneDefault && lane != laneLong && lane != laneAll {
		return nil, usageError(fmt.Sprintf("no lane %q: default, long or all", lane))
	}
	patterns := strings.Split(only, ",")
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, usageError(fmt.Sprintf("-only %q: %v", pattern, err))
		}
	}
	var chosen []model
	for _, m := range models {
		named := slices.ContainsFunc(patterns, func(pattern string) bool {
			matches, _ := path.Match(pattern, m.Name)
			return matches
		})
		inLane := lane == laneAll || lane == m.Lane
		if only == "" && inLane || named && (inLane || !strings.Contains(only, "*")) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, usageError(fmt.Sprintf("no model in lane %q, or named %q", lane, only))
	}
	return chosen, nil
}

// update writes the state counts that were found to file. It changes nothing
// else: what a model shows is for a person to decide.
func (m *manifest) update(file string, reports []report) error {
	for _, r := range reports {
		i := slices.IndexFunc(m.Models, func(model model) bool { return model.Name == r.model.Name })
		if i >= 0 && r.onlyStatesDiffer() {
			m.Models[i].States = r.result.states
		}
	}
	return os.WriteFile(file, m.format(), 0o644)
}

// format prints one model a line, so that a change of one reads as one.
func (m *manifest) format() []byte {
	var out strings.Builder
	library, _ := json.Marshal(m.Library) // strings always marshal
	fmt.Fprintf(&out, "{\n  \"library\": %s,\n  \"models\": [\n", library)
	for i, model := range m.Models {
		line, _ := json.Marshal(model)
		comma := ","
		if i == len(m.Models)-1 {
			comma = ""
		}
		fmt.Fprintf(&out, "    %s%s\n", line, comma)
	}
	out.WriteString("  ]\n}\n")
	return []byte(out.String())
}
