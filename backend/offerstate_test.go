package backend

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// actionsOf says which action of HandoffProtocol.tla each event is.
func actionsOf() map[event]string {
	return map[event]string{
		onAccept: "SendAck", onAckInLease: "BackendReadClock", onAckInDoubt: "BackendReadClock", onExpiry: "Refuse",
		onCommit: "ReadCommit", onRevoke: "ReadRevoke", onLinkEnd: "BackendLinkEnd",
	}
}

// actionsAfter says which actions follow from each effect.
func actionsAfter() map[effect][]string {
	return map[effect][]string{
		doNothing: nil, doSendAck: {"SendAck", "BackendReadClock"}, doServe: {"Serve"}, doRelease: {"BackendCloseCopy", "SendReleased"},
		doSendReleased: {"SendReleased"}, doSendNack: {"SendNack"}, doCloseCopy: {"BackendCloseCopy"}, doBreakLink: {"BackendLinkEnd"},
	}
}

// stages says how the specification names the phases.
func stages() map[phase]string {
	return map[phase]string{queued: "held", acking: "sent", uncertain: "uncertain", owned: "owner"}
}

func phases() []phase {
	return []phase{queued, acking, ackCommitted, ackRevoked, ackUnlinked, uncertain, owned, done}
}

func specification(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../spec/ProtocolBackend.tla")
	require.NoError(t, err)
	return string(text)
}

// definition returns the text of one action.
func definition(t *testing.T, text, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?ms)^` + name + `(?:\(\w+\))? *==.*?(?:\n\n|\n====)`).FindString(text)
	require.NotEmpty(t, found, name)
	return found
}

// Each action of a backend is an event of the offer's life or follows from one, and each
// event and each effect is an action.
func TestOfferLifeHasTheActionsOfTheSpecification(t *testing.T) {
	have := map[string]bool{
		"ReadOffer": true, // makes the offer
		"EndServe":  true, // by the server, when the offer is done
	}
	for _, p := range phases() {
		for e, action := range actionsOf() {
			next, do := p.next(e)
			actions, named := actionsAfter()[do]
			require.True(t, named, "effect %d", do)
			if next != p || do != doNothing {
				have[action] = true
			}
			for _, a := range actions {
				have[a] = true
			}
		}
	}
	want := map[string]bool{}
	for _, m := range regexp.MustCompile(`([A-Z]\w+)\([bt]\)`).FindAllStringSubmatch(definition(t, specification(t), "BackendStep"), -1) {
		want[m[1]] = true
	}
	require.Equal(t, want, have)
}

// A commit makes an owner in the stages in which the specification says so, and a revoke
// has the copy closed.
func TestCommitAndRevokeCountWhereTheSpecificationSaysSo(t *testing.T) {
	for _, test := range []struct {
		action string
		counts func(phase) bool
	}{
		{"ReadCommit", func(p phase) bool {
			next, do := p.next(onCommit)
			return do == doServe || next == ackCommitted
		}},
		{"ReadRevoke", func(p phase) bool {
			next, do := p.next(onRevoke)
			return do == doRelease || next == ackRevoked
		}},
	} {
		var have []string
		for p, stage := range stages() {
			if test.counts(p) {
				have = append(have, stage)
			}
		}
		set := regexp.MustCompile(`stage\[t\] \\in \{([^}]*)\}`).FindStringSubmatch(definition(t, specification(t), test.action))
		require.NotNil(t, set, test.action)
		want := strings.Split(strings.ReplaceAll(set[1], `"`, ""), ", ")
		slices.Sort(want)
		slices.Sort(have)
		require.Equal(t, want, have, test.action)
	}
}

// walk calls visit with every sequence of n events that can happen to an offer.
func walk(n int, visit func(events []event, dos []effect, last phase)) {
	var step func(p phase, events []event, dos []effect)
	step = func(p phase, events []event, dos []effect) {
		visit(events, dos, p)
		if len(events) == n {
			return
		}
		for e := onAccept; e <= onLinkEnd; e++ {
			if next, do := p.next(e); next != p || do != doNothing {
				step(next, append(slices.Clone(events), e), append(slices.Clone(dos), do))
			}
		}
	}
	step(queued, nil, nil)
}

func TestCopyIsServedOrClosedOnceInEveryLife(t *testing.T) {
	walked := 0
	walk(7, func(events []event, dos []effect, last phase) {
		walked++
		ends := 0
		for i, do := range dos {
			if do == doServe || do == doRelease || do == doCloseCopy || events[i] == onExpiry { // which closes it before
				ends++
			}
		}
		switch last {
		case done, owned:
			require.Equal(t, 1, ends, "%v", events)
		default:
			require.Zero(t, ends, "%v", events)
		}
	})
	require.Greater(t, walked, 50)
}

func TestOwnerHasACommitOrAnAckInsideItsLease(t *testing.T) {
	walk(7, func(events []event, dos []effect, _ phase) {
		for i, do := range dos {
			if do != doServe {
				continue
			}
			require.True(t, slices.Contains(events[:i], onAccept), "%v: served without an ACK", events)
			word := onLinkEnd // what the broker said last before
			for _, e := range events[:i+1] {
				if e == onCommit || e == onRevoke {
					word = e
				}
			}
			require.NotEqual(t, onRevoke, word, "%v: served after a revoke", events)
			require.True(t, word == onCommit || events[i] == onAckInLease, "%v: served in doubt", events)
		}
	})
}

func TestNothingHappensToAnOfferThatIsDone(t *testing.T) {
	for e := onAccept; e <= onLinkEnd; e++ {
		p, do := done.next(e)
		require.Equal(t, done, p)
		require.Equal(t, doNothing, do)
	}
}
