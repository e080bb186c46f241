package model_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/model"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite testdata/graph.txt")

// TestGoldenGraph compares the committed graph, which TLC finds too and which
// registries are driven along, with the graph that the model reaches.
func TestGoldenGraph(t *testing.T) {
	constants, golden, err := model.Golden()
	require.NoError(t, err)
	g := model.Explore(constants)
	var text bytes.Buffer
	_, err = g.WriteTo(&text)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("testdata/graph.txt", text.Bytes(), 0o644))
	}
	want, err := os.ReadFile("testdata/graph.txt")
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, text.Bytes()), "the graph differs: look at it, and rewrite it with -update")
	require.Equal(t, g, golden)
}

func TestExploreFindsEveryNodeOfASmallModel(t *testing.T) {
	g := model.Explore(model.Constants{Tokens: 1, MaxPending: 1, AckDeadline: 1, TokenTTL: 1, Horizon: 0})
	require.Equal(t, "t1=fresh closed=false stats=0,0,0,0,0,0", g.Initial)
	var steps []string
	for _, e := range g.Edges {
		steps = append(steps, e.From[:strings.Index(e.From, " closed")]+" "+e.Step)
	}
	require.ElementsMatch(t, []string{
		"t1=fresh Issue t1 0", "t1=fresh Begin t1 0", "t1=fresh Close",
		"t1=issued:1 Register t1 0", "t1=issued:1 Consume t1 0", "t1=issued:1 Abandon t1", "t1=issued:1 Close",
		"t1=issued:1 CloseOne t1",
		"t1=pending:0:1 Consume t1 0", "t1=pending:0:1 Acknowledge t1 0", "t1=pending:0:1 Abandon t1", "t1=pending:0:1 Close",
		"t1=pending:0:1 CloseOne t1",
		"t1=pending:0:1:consumed Acknowledge t1 0", "t1=pending:0:1:consumed Abandon t1", "t1=pending:0:1:consumed Close",
		"t1=pending:0:1:consumed CloseOne t1",
		"t1=dead:none Close", "t1=dead:acknowledged Close", "t1=dead:abandoned Close",
	}, steps)
}

func TestReadGraphRefusesInvalidText(t *testing.T) {
	for want, text := range map[string]string{
		"line 1":            "nonsense\n",
		"line 2":            "init 0011\nnode 0011 t1=fresh\n",
		"not listed":        "edge 0011 Close > 2233\n",
		"no initial":        "",
		"no initial ":       "init 0011\n",
		"line 1 is no node": "edge 0011 Close\n",
	} {
		_, err := model.ReadGraph(strings.NewReader(text))
		require.ErrorContains(t, err, strings.TrimSpace(want))
	}
}
