// Package protocol_test holds the models of the protocol to being complete,
// which TLC cannot: what no model asks for, it does not miss.
package protocol_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type model struct {
	Name, Module, Cfg, Invariant, Verdict, Property, Clause string
}

func models(t *testing.T) []model {
	var manifest struct{ Models []model }
	require.NoError(t, json.Unmarshal([]byte(text(t, "../manifest.json")), &manifest))
	all := slices.DeleteFunc(manifest.Models, func(m model) bool {
		return !strings.Contains(m.Name, "Protocol")
	})
	require.NotEmpty(t, all)
	return all
}

func text(t *testing.T, name string) string {
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(b)
}

// defined returns the operators of a module whose names match.
func defined(t *testing.T, name, match string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^(`+match+`)(\(.*\))? +==`).FindAllStringSubmatch(text(t, name), -1) {
		all = append(all, m[1])
	}
	require.NotEmpty(t, all)
	return all
}

// guarantees are what the theorem of ProtocolGuarantees claims, with the
// clauses that each is made of.
func guarantees(t *testing.T) map[string][]string {
	module := text(t, "../ProtocolGuarantees.tla")
	_, theorem, found := strings.Cut(module, "THEOREM Spec => ")
	require.True(t, found)
	all := map[string][]string{}
	for _, name := range regexp.MustCompile(`\w+`).FindAllString(theorem, -1) {
		if name == "TypeOK" {
			continue
		}
		_, body, found := strings.Cut(module, "\n"+name+" ==")
		require.True(t, found, name)
		body = regexp.MustCompile(`(?s)\n(\n|---).*`).ReplaceAllString(body, "")
		all[name] = regexp.MustCompile(`\w+`).FindAllString(body, -1)
		require.NotEmpty(t, all[name], name)
	}
	require.Len(t, all, 8)
	return all
}

// A clause that no mutant breaks might be true of everything.
func TestEveryClauseIsBrokenByAMutant(t *testing.T) {
	broken := map[string]bool{}
	for _, m := range models(t) {
		if m.Clause != "" {
			broken[m.Clause] = true
		} else {
			broken[m.Property] = true
		}
	}
	for guarantee, clauses := range guarantees(t) {
		for _, clause := range clauses {
			require.True(t, broken[clause], "%s of %s is broken by no model", clause, guarantee)
		}
	}
	for _, name := range []string{"EveryClientEnds", "EveryCopyCloses", "FollowsHandoffAck"} {
		require.True(t, broken[name], "%s is broken by no model", name)
	}
}

// A model that holds shows no less than all the guarantees, unless it is there
// for one thing.
func TestEveryGuaranteeIsAskedFor(t *testing.T) {
	for _, m := range models(t) {
		cfg := text(t, filepath.Join("..", m.Cfg))
		if m.Verdict != "holds" || !strings.Contains(cfg, "SPECIFICATION Spec\n") {
			continue
		}
		for guarantee := range guarantees(t) {
			require.Regexp(t, `(?m)^  `+guarantee+`$`, cfg, m.Name)
		}
	}
}

func TestEveryMutantIsInAModel(t *testing.T) {
	used := map[string]bool{}
	for _, m := range models(t) {
		for _, o := range regexp.MustCompile(`(?m)^ +\w+ <- (\w+)$`).FindAllStringSubmatch(text(t, filepath.Join("..", m.Cfg)), -1) {
			used[o[1]] = true
		}
	}
	used["First"] = true // a part of others
	for _, file := range []string{"ReaderMutants.tla", "OwnerMutants.tla"} {
		for _, name := range defined(t, file, `\w+`) {
			require.True(t, used[name], "%s of %s is in no model", name, file)
		}
	}
}

func TestEveryWitnessIsAskedFor(t *testing.T) {
	var asked []string
	for _, m := range models(t) {
		asked = append(asked, m.Invariant)
	}
	require.Subset(t, asked, defined(t, "../ProtocolWitness.tla", `Never\w+`))
}

// The mutants that each cost an owner or a client, one rule of the protocol each.
func TestEveryRuleHasItsMutant(t *testing.T) {
	var names []string
	for _, m := range models(t) {
		names = append(names, strings.TrimPrefix(m.Name, "FailProtocol"))
	}
	require.Subset(t, names, []string{
		"ClockBeforeSend", "NoDrain", "LateAckUnfenced", "RetryAfterFence", "CommitToWrongLink", "AckFromAnyLink",
		"FallbackInDoubt", "LinkEndUnread", "CloseEarly", "RevokeIgnored", "OfferedUnsettled", "HolderShutsDown",
		"FencesEnded", "DropUnread", "CloseOnly", "GiveUpUnfenced", "ClockAfterDrain", "SecondReader", "ExpireBehind",
	})
}
