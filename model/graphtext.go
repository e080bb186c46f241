package model

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // for the golden graph
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteTo writes g in its canonical form: one line for each node and each edge, sorted,
// with nodes named by a hash of their text. Equal graphs have equal forms. It returns
// how many bytes were written, and the writer's error.
func (g Graph) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "init %s\n", hash(g.Initial))
	var lines []string
	for _, node := range g.Nodes {
		lines = append(lines, fmt.Sprintf("node %s %s\n", hash(node), node))
	}
	for _, e := range g.Edges {
		lines = append(lines, fmt.Sprintf("edge %s %s > %s\n", hash(e.From), e.Step, hash(e.To)))
	}
	slices.Sort(lines)
	for _, line := range lines {
		b.WriteString(line)
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// ReadGraph reads what WriteTo wrote. It returns an error if the text is not a graph:
// if a line is malformed, the hash of a node does not match its text, or an edge names
// a node that is not listed.
func ReadGraph(r io.Reader) (Graph, error) {
	var g Graph
	words := map[string]string{}
	var initial string
	var edges [][3]string
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		kind, rest, _ := strings.Cut(lines.Text(), " ")
		name, rest, _ := strings.Cut(rest, " ")
		step, to, isEdge := strings.Cut(rest, " > ")
		switch {
		case kind == "init" && rest == "":
			initial = name
		case kind == "node" && hash(rest) == name:
			words[name] = rest
			g.Nodes = append(g.Nodes, rest)
		case kind == "edge" && isEdge:
			edges = append(edges, [3]string{name, step, to})
		default:
			return Graph{}, fmt.Errorf("model: read graph: line %d is no node, edge or init: %q", n, lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		return Graph{}, err
	}
	for _, e := range edges {
		if words[e[0]] == "" || words[e[2]] == "" {
			return Graph{}, fmt.Errorf("model: read graph: edge %q leads from or to a node that is not listed", e[1])
		}
		g.Edges = append(g.Edges, Edge{From: words[e[0]], Step: e[1], To: words[e[2]]})
	}
	if g.Initial = words[initial]; g.Initial == "" {
		return Graph{}, fmt.Errorf("model: read graph: no initial node")
	}
	slices.Sort(g.Nodes)
	slices.SortFunc(g.Edges, Edge.Compare)
	return g, nil
}

func hash(node string) string {
	sum := sha256.Sum256([]byte(node))
	return hex.EncodeToString(sum[:5])
}

//go:embed testdata/graph.txt
var golden string

// Golden returns a small graph and its constants. It is the graph that TLC finds for
// the specification with these constants, and it is committed, so that a registry can
// be driven along it without TLC. It returns an error if the text built into this
// binary is damaged.
func Golden() (Constants, Graph, error) {
	g, err := ReadGraph(strings.NewReader(golden))
	return Constants{Tokens: 2, MaxPending: 2, AckDeadline: 2, TokenTTL: 3, Horizon: 4}, g, err
}
