package obligations_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the table in the specification's README")

// obligation is who must go on, for a fairness condition of the specification.
type obligation struct {
	module    string // where the condition is
	condition string // as it stands there
	duty      string // who must do what
	steps     string // the actions of the specification that it is about, where the condition has several
	met       string // the test that it is met, and the property holds
	withheld  string // the test that without it the property fails
}

// obligations are all there are.
func obligations() []obligation {
	return []obligation{
		{"Handoff", `WF_life(Expire(t))`, "somebody ends each handoff that is pending, by `Expire` of that one if by nothing else", "",
			"TestEachHandoffIsExpired", "TestAHandoffThatNobodyExpiresStays"},
		{"Liveness", `WF_vars(\E t \in Tokens : SweepOne(t))`, "a sweep goes on to the next record", "",
			"TestASweepGoesOn", "TestASweepThatStopsLeavesTheRest"},
		{"Liveness", `WF_vars(Sweep)`, "a sweep comes to its end: `OnExit` returns", "",
			"TestASweepComesToItsEnd", "TestASweepThatIsHeldLetsNoneFollow"},
		{"Liveness", `WF_vars(\E t \in Tokens : CloseOne(t))`, "`Close` goes on to the next record, whatever a callback does but hang", "",
			"TestCloseGoesOn", "TestCloseThatIsHeldLeavesTheRest"},
		{"Liveness", `SF_vars(Later)`, "somebody sweeps again, at a later instant: `Run`, whose timer fires, or a loop of the caller's", "",
			"TestSomebodySweepsLater", "TestNobodySweepsLater"},
		{"ProtocolLiveness", `WF_vars(Tick)`, "time passes: the deadline of an offer comes, on the link's reader", "",
			"TestTimePasses", "TestADeadlineThatDoesNotComeKeepsTheClient"},
		{"ProtocolLiveness", `WF_vars(ClientStep)`, "the client reads", "",
			"TestTheClientReads", "TestAClientThatDoesNotReadDoesNotEnd"},
		{"ProtocolLiveness", `WF_vars(BrokerStep)`, "who accepted the client offers its connection",
			"Begin GiveBack SendOffer OfferWritten BreakLink",
			"TestTheBrokerOffers", "TestAConnectionThatIsNotOfferedStays"},
		{"ProtocolLiveness", `WF_vars(BrokerStep)`, "the reader of a link runs: it alone judges, expires, commits, revokes and fences",
			"ReadFrame ReadClockForAck Acknowledge EndedAck TakeNack TakeReleased TakeGarbage BrokerReadClock Drain Expire BrokerLinkEnd SendCommit SendRevoke BrokerCloseCopy Fence",
			"TestTheBrokerReadsItsLinks", "TestALinkThatIsNotReadKeepsTheClient"},
		{"ProtocolLiveness", `WF_vars(BrokerStep)`, "who has the connection back decides, at the latest when the settle timer fires",
			"SendFallback Proxy EndConn",
			"TestTheSettleTimerFires", "TestASettleTimerThatDoesNotFireKeepsTheClient"},
		{"ProtocolLiveness", `WF_vars(GoesOn(b))`, "the reader of a backend runs: it takes offers, commits and revokes, and closes what is not owned",
			"ReadOffer ReadCommit ReadRevoke BackendLinkEnd BackendCloseCopy SendNack SendReleased",
			"TestTheBackendReadsItsLink", "TestARevokeThatIsNotReadKeepsTheCopy"},
		{"ProtocolLiveness", `WF_vars(GoesOn(b))`, "who wrote an ACK reads the clock, and serves if it owns",
			"BackendReadClock Serve",
			"TestWhoAcknowledgedGoesOn", "TestAnOwnerThatDoesNotGoOnKeepsTheClient"},
		{"ProtocolLiveness", `WF_vars(GoesOn(b))`, "a server comes to its end, and closes the connection",
			"EndServe",
			"TestAServerComesToItsEnd", "TestAServerThatDoesNotEndKeepsTheClient"},
	}
}

func module(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "spec", name+".tla"))
	require.NoError(t, err)
	return regexp.MustCompile(`(?m)\\\*.*$|^\(\*.*\*\)$`).ReplaceAllString(string(text), "")
}

// conditions returns the fairness conditions of a module.
func conditions(text string) (found []string) {
	for _, at := range regexp.MustCompile(`\b[WS]F_\w+\(`).FindAllStringIndex(text, -1) {
		open := 0
		for i := at[1] - 1; i < len(text); i++ {
			switch text[i] {
			case '(':
				open++
			case ')':
				open--
			}
			if open == 0 {
				found = append(found, strings.Join(strings.Fields(text[at[0]:i+1]), " "))
				break
			}
		}
	}
	return found
}

// actions returns the actions of HandoffProtocol that a definition is made of.
func actions(text, name string) []string {
	_, body, _ := strings.Cut(text, "\n"+name+" ==")
	body, _, _ = strings.Cut(body, "\n\n")
	body, _, _ = strings.Cut(body, "\n===")
	var found []string
	for _, m := range regexp.MustCompile(`\\/\s+(?:\\E [^:]*:\s*)?(?:\\/\s+)?([A-Z]\w*)`).FindAllStringSubmatch(body, -1) {
		found = append(found, m[1])
	}
	return found
}

// Every fairness condition is an obligation, and every obligation is a condition.
func TestEveryFairnessConditionIsAnObligation(t *testing.T) {
	modules, err := filepath.Glob("../../spec/*.tla")
	require.NoError(t, err)
	require.NotEmpty(t, modules)
	for _, path := range modules {
		name := strings.TrimSuffix(filepath.Base(path), ".tla")
		var have []string
		for _, o := range obligations() {
			if o.module == name {
				have = append(have, o.condition)
			}
		}
		want := conditions(module(t, name))
		slices.Sort(want)
		slices.Sort(have)
		require.Equal(t, slices.Compact(want), slices.Compact(have), name)
	}
}

// A condition about several actions has them all in its obligations, each in one.
func TestEveryActionThatMustGoOnHasAnObligation(t *testing.T) {
	for condition, want := range map[string][]string{
		`WF_vars(BrokerStep)`: actions(module(t, "ProtocolBroker"), "BrokerStep"),
		`WF_vars(GoesOn(b))`:  actions(module(t, "ProtocolLiveness"), "GoesOn(b)"),
	} {
		var have []string
		for _, o := range obligations() {
			if o.condition == condition {
				have = append(have, strings.Fields(o.steps)...)
			}
		}
		slices.Sort(want)
		slices.Sort(have)
		require.Equal(t, want, have, condition)
	}
}

func TestConditionsAndActionsAreFound(t *testing.T) {
	require.Equal(t, []string{`WF_vars(\E t \in S : A(t))`, `SF_v(B)`}, conditions("F == /\\ WF_vars(\\E t \\in S :\n   A(t))\n  /\\ SF_v(B)"))
	require.Equal(t, []string{"A", "B", "C", "D"}, actions("x\nN ==\n  \\/ \\E b \\in S : \\/ A(b) \\/ B(b)\n     \\/ C\n  \\/ D\n\nM == E\n", "N"))
}

// Every obligation has both of its tests.
func TestEveryObligationIsMetAndWithheld(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	tests := map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				tests[f.Name.Name] = true
			}
		}
	}
	used := map[string]bool{}
	for _, o := range obligations() {
		for _, name := range []string{o.met, o.withheld} {
			require.True(t, tests[name], "%s: there is no %s", o.duty, name)
			require.False(t, used[name], "%s is there for one obligation", name)
			used[name] = true
		}
	}
}

const (
	readme = "../../spec/README.md"
	begins = "<!-- obligations: written by go test ./internal/obligations -update -->\n"
	ends   = "<!-- end of obligations -->\n"
)

// The table of the README is this one.
func TestTheReadmeListsTheObligations(t *testing.T) {
	var table strings.Builder
	table.WriteString("| assumed in | fairness | who must do it | met | withheld |\n| --- | --- | --- | --- | --- |\n")
	for _, o := range obligations() {
		fmt.Fprintf(&table, "| [%s](%s.tla) | `%s` | %s | `%s` | `%s` |\n", o.module, o.module, o.condition, o.duty,
			strings.TrimPrefix(o.met, "Test"), strings.TrimPrefix(o.withheld, "Test"))
	}
	rewrite(t, begins, ends, table.String())
}
