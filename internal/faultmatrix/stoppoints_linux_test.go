package faultmatrix_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// step is one step of a party, as the party's package lists it.
type step struct {
	party, name string
	words       string // the comment of its constant
}

func (s step) key() string { return s.party + "/" + s.name }

func parties() []string { return []string{"broker", "backend", "client"} }

// steps returns the steps of all parties, from the source of their packages.
func steps(t testing.TB) []step {
	t.Helper()
	var all []step
	for _, party := range parties() {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", party, "event.go"), nil, parser.ParseComments)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				value := spec.(*ast.ValueSpec)
				if !strings.HasPrefix(value.Names[0].Name, "Op") {
					continue
				}
				name, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
				require.NoError(t, err)
				all = append(all, step{party, name, strings.TrimSpace(value.Comment.Text())})
			}
		}
	}
	return all
}

// stopPoints says in which scenarios a process is stopped after each step, for the fault to happen there. A step may mean different
// things in them.
func stopPoints() map[string][]string {
	return map[string][]string{
		"broker/AcceptClient": {"lease"},
		"broker/ReadHello":    {"lease"},
		"broker/Route":        {"plain"},
		"broker/SendReply":    {"lease"},
		"broker/Begin":        {"lease"},
		"broker/SendOffer":    {"lease", "commit", "expiry", "handed"},
		"broker/OfferWritten": {"lease", "expiry"},
		"broker/ReadAck":      {"lease", "commit", "unread"},
		"broker/Acknowledge":  {"lease", "late", "unread"},
		"broker/SendCommit":   {"lease", "commit"},
		"broker/CloseCopy":    {"lease", "late", "unread", "cutoff"},
		"broker/ReadNack":     {"nack"},
		"broker/Abandon":      {"nack", "silent", "cutoff"},
		"broker/ReadClock":    {"expiry", "late"},
		"broker/Drain":        {"expiry"},
		"broker/Expire":       {"expiry", "handed"},
		"broker/Fence":        {"late", "unread", "garbled", "cutoff"},
		"broker/SendRevoke":   {"expiry", "late", "cutoff"},
		"broker/ReadReleased": {"expiry"},
		"broker/Settle":       {"nack", "expiry", "handed"},
		"broker/SendFallback": {"fallback"},
		"broker/Proxy":        {"proxy"},
		"broker/EndConn":      {"fallback", "closed"},
		"broker/LinkUp":       {"linkup"},
		"broker/LinkEnd":      {"leave", "silent"},
		"broker/DropLink":     {"garbled", "silent"},

		"backend/DialControl":   {"linkup"},
		"backend/SendLinkHello": {"linkup"},
		"backend/LinkUp":        {"linkup"},
		"backend/ReadOffer":     {"lease", "commit", "handed"},
		"backend/Reserve":       {"lease"},
		"backend/SendAck":       {"lease", "commit", "drain"},
		"backend/ReadClock":     {"lease", "commit"},
		"backend/Own":           {"lease", "commit", "unread", "drain"},
		"backend/Uncertain":     {"commit", "late"},
		"backend/ReadCommit":    {"lease", "commit"},
		"backend/ReadRevoke":    {"expiry", "late", "handed", "silent"},
		"backend/CloseCopy":     {"expiry", "late", "nack", "silent", "leave"},
		"backend/SendReleased":  {"expiry"},
		"backend/SendNack":      {"nack"},
		"backend/SendReady":     {"lease"},
		"backend/DrainLink":     {"leave"},
		"backend/Serve":         {"lease", "commit", "unread"},
		"backend/LinkEnd":       {"leave", "drain"},

		"client/Connect":      {"lease"},
		"client/SendHello":    {"lease"},
		"client/ReadReply":    {"lease"},
		"client/Write":        {"lease"},
		"client/ReadReady":    {"lease"},
		"client/ReadFallback": {"fallback"},
		"client/Reconnect":    {"fallback"},
		"client/Doubt":        {"garbled"},
	}
}

// A step that is added needs cells, and one that is gone has none.
func TestEveryStepHasCells(t *testing.T) {
	places := stopPoints()
	for _, s := range steps(t) {
		key := s.party + "/" + s.name
		require.NotEmpty(t, places[key], "no scenario for the step %s", key)
		require.NotEmpty(t, s.words, "no words for the step %s", key)
		for _, name := range places[key] {
			require.Contains(t, scenarios(), name)
		}
		delete(places, key)
	}
	require.Empty(t, places, "scenarios for steps that are none")
}
