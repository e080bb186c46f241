package graph_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/spec/graph"
)

// small is the graph that testdata/small.dot holds, as TLC dumped it for one
// token, room for it, a deadline of 1, a TTL of 1, and the instants 0 and 1.
var small = model.Constants{Tokens: 1, MaxPending: 1, AckDeadline: 1, TokenTTL: 1, Horizon: 1}

func dump(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/small.dot")
	require.NoError(t, err)
	return string(b)
}

func TestADumpOfTLCIsTheModelsGraph(t *testing.T) {
	g, err := graph.ReadDot(strings.NewReader(dump(t)))
	require.NoError(t, err)
	require.NoError(t, graph.Compare(model.Explore(small), g))
	require.NotEmpty(t, g.Edges)
}

// Every step that one of them lacks, and every state that is another, is told.
func TestADifferenceIsTold(t *testing.T) {
	g := model.Explore(small)
	for i, e := range g.Edges {
		less := g
		less.Edges = slices.Delete(slices.Clone(g.Edges), i, i+1)
		require.ErrorContains(t, graph.Compare(less, g), "the specification has a step that the model has not: "+e.Step)
		require.ErrorContains(t, graph.Compare(g, less), "the model has a step that the specification has not: "+e.Step)

		other := g
		other.Edges = slices.Clone(g.Edges)
		other.Edges[i].To = g.Initial
		require.Error(t, graph.Compare(other, g))
	}
	begun := g
	begun.Initial = g.Nodes[0]
	require.NotEqual(t, g.Initial, begun.Initial)
	require.ErrorContains(t, graph.Compare(begun, g), "begin differently")
	more := g
	more.Nodes = append(slices.Clone(g.Nodes), "t1=fresh and nobody comes here")
	require.ErrorContains(t, graph.Compare(more, g), "reached")
}

// The way to a difference is the shortest one.
func TestTheWayToADifferenceIsTold(t *testing.T) {
	g := model.Explore(small)
	i := slices.IndexFunc(g.Edges, func(e model.Edge) bool { return strings.Contains(e.From, ":consumed") && e.Step == "Acknowledge t1 0" })
	less := g
	less.Edges = slices.Delete(slices.Clone(g.Edges), i, i+1)
	require.ErrorContains(t, graph.Compare(less, g), "after the beginning, Begin t1 0, Consume t1 0\nin t1=pending")
}

func TestWhatIsNoDumpIsRefused(t *testing.T) {
	for want, text := range map[string]string{
		"no initial":    "strict digraph DiskGraph {\n}\n",
		"not listed":    dump(t) + "\n5 -> 6 [label=\"Issue\"];\n",
		"no record can": strings.ReplaceAll(dump(t), `\"live\"`, `\"dead\"`),
	} {
		_, err := graph.ReadDot(strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
}
