package obligations_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// action is what the code does where HandoffProtocol has an action of that name.
type action struct {
	name  string
	steps string // of a party's trace; "": none
	shown string // where there is no step, why; where a step is of other actions too, a scenario or a test that takes it as this one
}

// protocolActions are those that the parties take, by party.
func protocolActions() map[string][]action {
	return map[string][]action{
		"broker": {
			{"Begin", "Begin", ""}, {"GiveBack", "Abandon", "internal/obligations TestAnOfferThatCannotBeSentIsGivenBack"}, {"SendOffer", "SendOffer", ""}, {"OfferWritten", "OfferWritten", ""},
			{"BreakLink", "DropLink", "broker TestOfferPartlyWrittenAtItsDeadlineBreaksTheLink"}, {"ReadFrame", "ReadAck ReadNack ReadReleased", ""}, {"ReadClockForAck", "ReadAck", ""},
			{"Acknowledge", "Acknowledge", ""}, {"EndedAck", "ReadAck", "broker TestAckOfAnEndedAttemptFencesNobody"}, {"TakeNack", "ReadNack Abandon", "nack"}, {"TakeReleased", "ReadReleased Settle", "expiry"},
			{"TakeGarbage", "DropLink", "garbled"}, {"BrokerReadClock", "ReadClock", ""}, {"Drain", "Drain", ""}, {"Expire", "Expire", ""},
			{"BrokerLinkEnd", "LinkEnd", ""}, {"SendCommit", "SendCommit", ""}, {"SendRevoke", "SendRevoke", ""},
			{"BrokerCloseCopy", "CloseCopy", ""}, {"Fence", "Fence", ""}, {"SendFallback", "SendFallback", ""}, {"Proxy", "Proxy", ""}, {"EndConn", "EndConn", ""},
		},
		"backend": {
			{"ReadOffer", "ReadOffer", ""}, {"ReadCommit", "ReadCommit Own", "commit"}, {"ReadRevoke", "ReadRevoke", ""}, {"BackendLinkEnd", "DrainLink LinkEnd", ""},
			{"SendAck", "Reserve SendAck", ""}, {"BackendReadClock", "ReadClock Own Uncertain", ""}, {"Serve", "SendReady Serve", ""},
			{"EndServe", "", "the server closes its connection, which is no step of the library"},
			{"Refuse", "", "a decision, which shows in SendNack"},
			{"BackendCloseCopy", "CloseCopy", "expiry"}, {"SendNack", "SendNack", ""}, {"SendReleased", "SendReleased", ""},
		},
		"client": {
			{"ReadFirst", "ReadReady ReadFallback", ""}, {"ReadEnd", "Doubt", ""},
		},
	}
}

// unspecified are the steps of the traces that come before there is a connection to be
// handed over, or after the client has learnt how it ends.
func unspecified() map[string]string {
	return map[string]string{
		"broker":  "AcceptClient ReadHello Route SendReply LinkUp",
		"backend": "DialControl SendLinkHello LinkUp",
		"client":  "Connect SendHello ReadReply Write Reconnect",
	}
}

// Every action of a party has its steps in the code, and every step is of an action.
func TestEveryActionIsAStepOfTheCode(t *testing.T) {
	for party, want := range map[string][]string{
		"broker":  actions(module(t, "ProtocolBroker"), "BrokerStep"),
		"backend": actions(module(t, "ProtocolBackend"), "BackendStep"),
		"client":  disjuncts(module(t, "HandoffProtocol"), "ClientStep"),
	} {
		require.NotEmpty(t, want, party)
		var have []string
		steps := strings.Fields(unspecified()[party])
		for _, a := range protocolActions()[party] {
			have = append(have, a.name)
			steps = append(steps, strings.Fields(a.steps)...)
			require.False(t, a.steps == "" && a.shown == "", a.name)
		}
		slices.Sort(want)
		slices.Sort(have)
		require.Equal(t, want, have, party)
		slices.Sort(steps)
		require.Equal(t, slices.Sorted(maps.Keys(traced(t, party))), slices.Compact(steps), party)
	}
}

// disjuncts are the actions of a definition in one line.
func disjuncts(text, name string) []string {
	line := regexp.MustCompile(`(?m)^` + name + ` == (.*)$`).FindStringSubmatch(text)
	return strings.Split(line[1], ` \/ `)
}

// traced returns the steps that a party can trace.
func traced(t *testing.T, party string) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", party, "event.go"), nil, 0)
	require.NoError(t, err)
	steps := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "Op") {
			step, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			steps[step] = true
		}
		return true
	})
	require.NotEmpty(t, steps)
	return steps
}

// scenarios returns in which scenarios of the table of faults a party takes a step.
func scenarios(t *testing.T, party string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/faults.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## The "+party+" is faulty\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	all := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\w+): [^|]*\| (\w+) \|`).FindAllStringSubmatch(section, -1) {
		all[m[1]] = append(all[m[1]], m[2])
	}
	return all
}

// hasTest reports whether a package has a test.
func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", dir, "*_test.go"))
	require.NoError(t, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T) {\n") {
			return true
		}
	}
	return false
}

const (
	actionsBegin = "<!-- actions: written by go test ./internal/obligations -update -->\n"
	actionsEnd   = "<!-- end of actions -->\n"
)

// Each of those steps is taken by real processes, which stop there: the README says in
// which scenarios, and an action none of whose steps is taken fails.
func TestEveryActionIsTaken(t *testing.T) {
	var table strings.Builder
	table.WriteString("| party | action | steps of its trace | taken in |\n| --- | --- | --- | --- |\n")
	for _, party := range []string{"broker", "backend", "client"} {
		taken := scenarios(t, party)
		for _, a := range protocolActions()[party] {
			in := map[string]bool{}
			for _, step := range strings.Fields(a.steps) {
				require.NotEmpty(t, taken[step], "the %s is never seen to take %s, for %s", party, step, a.name)
				for _, s := range taken[step] {
					in[s] = true
				}
			}
			steps, where := strings.ReplaceAll(a.steps, " ", ", "), strings.Join(slices.Sorted(maps.Keys(in)), ", ")
			dir, test, isTest := strings.Cut(a.shown, " ")
			switch {
			case a.steps == "":
				steps = "none: " + a.shown
			case isTest:
				require.True(t, hasTest(t, dir, test), a.shown)
				where = "`" + test + "` of " + dir
			case a.shown != "":
				require.True(t, in[a.shown], "%s in %s", a.name, a.shown)
				where = a.shown
			}
			fmt.Fprintf(&table, "| %s | `%s` | %s | %s |\n", party, a.name, steps, where)
		}
	}
	rewrite(t, actionsBegin, actionsEnd, table.String())
}

// rewrite holds what stands in the README between two marks to be text, or writes it.
func rewrite(t *testing.T, begins, ends, text string) {
	t.Helper()
	have, err := os.ReadFile(readme)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(have), begins)
	require.True(t, found)
	_, after, found := strings.Cut(rest, ends)
	require.True(t, found)
	want := before + begins + text + ends + after
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(have), "rewrite it with -update")
}
