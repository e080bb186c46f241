package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// said is output of TLC: one message after the other, each a code and its text.
func said(messages ...string) string {
	var out strings.Builder
	out.WriteString("Parsing file /spec/HandoffAck.tla\n")
	for i := 0; i < len(messages); i += 2 {
		fmt.Fprintf(&out, "@!@!@STARTMSG %s:0 @!@!@\n%s\n@!@!@ENDMSG %s @!@!@\n", messages[i], messages[i+1], messages[i])
	}
	return out.String()
}

const (
	success = "Model checking completed. No error has been found.\n  Estimates of the probability"
	counted = "53 states generated, 41 distinct states found, 0 states left on queue."
	trace   = "1: <Initial predicate>\n/\\ now = 0\n"
)

func TestRead(t *testing.T) {
	tests := map[string]struct {
		output string
		exit   int
		want   result
	}{
		"a model that holds": {
			said("2193", success, "2199", counted, "2194", "The depth of the complete state graph search is 3."), 0,
			result{verdict: holds, states: 41},
		},
		"an invariant": {
			said("2110", "Invariant LeftOnce is violated.", "2217", trace, "2199", counted), 12,
			result{verdict: invariant, property: "LeftOnce", states: 41},
		},
		"an invariant of the initial state": {
			said("2107", "Invariant NeverIssueOk is violated by the initial state:\n"+trace), 12,
			result{verdict: invariant, property: "NeverIssueOk"},
		},
		"a property of the initial state": {
			said("2108", "Property P is violated by the initial state:\n"+trace), 13,
			result{verdict: action, property: "P"},
		},
		"an action property": {
			said("2112", "Action property EndIsKept is violated.", "2199", counted), 13,
			result{verdict: action, property: "EndIsKept", states: 41},
		},
		"a liveness property, which TLC does not name": {
			said("2116", "Temporal properties were violated.\n", "2264", "The following behavior constitutes a counter-example:", "2199", counted), 13,
			result{verdict: liveness, states: 41},
		},
		"an assumption": {
			said("2104", "Assumption line 22, col 8 to line 23, col 33 of module Answers is false."), 10,
			result{verdict: assumption},
		},
		"a deadlock": {
			said("2114", "Deadlock reached.", "2199", counted), 11,
			result{verdict: deadlock, states: 41},
		},
		"a clause without a name is not mistaken for one": {
			said("2112", "Action property line 329, col 36 to line 329, col 57 of module HandoffAck is violated.", "2199", counted), 13,
			result{verdict: action, states: 41},
		},
		"an exception": {
			said("1000", "TLC threw an unexpected exception."), 255,
			result{verdict: broken},
		},
		"success with an exit code that denies it": {
			said("2193", success, "2199", counted), 12,
			result{verdict: broken, states: 41},
		},
		"a violation with an exit code that denies it": {
			said("2110", "Invariant LeftOnce is violated.", "2199", counted), 0,
			result{verdict: broken, property: "LeftOnce", states: 41},
		},
		"a violation and success": {
			said("2110", "Invariant LeftOnce is violated.", "2193", success, "2199", counted), 0,
			result{verdict: broken, property: "LeftOnce", states: 41},
		},
		"output that ends in the middle": {
			strings.SplitAfter(said("2193", success), "found")[0], 0,
			result{verdict: broken},
		},
		"no output":                   {"", 0, result{verdict: broken}},
		"a state that reads as words": {said("2217", "Invariant"), 0, result{verdict: broken}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := read(test.output, test.exit)
			require.NotContains(t, got.text, "@!@!@")
			got.text = ""
			test.want.exit = test.exit
			require.Equal(t, test.want, got)
		})
	}
}

func TestReadKeepsWhatAPersonNeeds(t *testing.T) {
	got := read(said("2110", "Invariant LeftOnce is violated.", "2217", trace), 12)
	require.Contains(t, got.text, "Invariant LeftOnce is violated.\n1: <Initial predicate>\n/\\ now = 0")
}
