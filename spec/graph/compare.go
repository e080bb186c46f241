package graph

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/handoff-go/handoff/model"
)

// Compare returns nil if the graphs of the model and of the specification are
// equal. Else its error tells the shortest way to a state in which only one of
// them has some step, and that step.
func Compare(ofModel, ofSpec model.Graph) error {
	if ofModel.Initial != ofSpec.Initial {
		return fmt.Errorf("the graphs begin differently:\n  the model in         %s\n  the specification in %s", ofModel.Initial, ofSpec.Initial)
	}
	// Equal steps from equal states, from equal beginnings, are equal graphs.
	type reached struct {
		node string
		path []string
	}
	ours, theirs := steps(ofModel), steps(ofSpec)
	seen := map[string]bool{ofSpec.Initial: true}
	for queue := []reached{{node: ofSpec.Initial}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		err := cmp.Or(
			missing("the model", ours[at.node], "the specification", theirs[at.node]),
			missing("the specification", theirs[at.node], "the model", ours[at.node]),
		)
		if err != nil {
			return fmt.Errorf("after %s\nin %s\n%w", strings.Join(append([]string{"the beginning"}, at.path...), ", "), at.node, err)
		}
		for _, s := range slices.SortedFunc(maps.Keys(ours[at.node]), model.Edge.Compare) {
			if !seen[s.To] {
				seen[s.To] = true
				queue = append(queue, reached{s.To, append(slices.Clip(at.path), s.Step)})
			}
		}
	}
	if n := len(seen); n != len(ofModel.Nodes) || n != len(ofSpec.Nodes) {
		return fmt.Errorf("%d states are reached, but the model lists %d and the specification %d", n, len(ofModel.Nodes), len(ofSpec.Nodes))
	}
	return nil
}

// missing returns an error for the first step that one has and the other lacks.
func missing(one string, has map[model.Edge]bool, other string, lacks map[model.Edge]bool) error {
	for _, s := range slices.SortedFunc(maps.Keys(has), model.Edge.Compare) {
		if !lacks[s] {
			return fmt.Errorf("%s has a step that %s has not: %s, to %s", one, other, s.Step, s.To)
		}
	}
	return nil
}

// steps returns the steps from each state.
func steps(g model.Graph) map[string]map[model.Edge]bool {
	from := map[string]map[model.Edge]bool{}
	for _, e := range g.Edges {
		if from[e.From] == nil {
			from[e.From] = map[model.Edge]bool{}
		}
		from[e.From][e] = true
	}
	return from
}
