package client

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func phaseNames() map[phase]string {
	return map[phase]string{
		undecided: "undecided", adopted: "adopted", reconnecting: "reconnecting", replaying: "replaying",
		reconnected: "reconnected", inDoubt: "inDoubt", failed: "failed",
	}
}

// specActions lists every change of phase, by the action of HandoffProtocol.tla that it
// implements. The specification ends where the client knows that nobody owned the
// connection, or that a backend does: what follows is under "".
func specActions() map[string][]string {
	return map[string][]string{
		"ReadFirst": {"undecided ReadReady adopted", "undecided ReadFallback reconnecting"},
		"ReadEnd":   {"undecided Doubt inDoubt"},
		"": {
			"undecided ReadReply reconnecting", "reconnecting Reconnect replaying", "reconnecting NotConnected failed",
			"reconnecting NoAddress failed", "replaying Replayed reconnected",
		},
	}
}

// The changes of phase are exactly those of the list, whatever the cause in whatever phase.
func TestEveryChangeOfPhaseIsListed(t *testing.T) {
	causes := []cause{
		causeReady, causeFallback, causeRefusal, causeDoubt, causeReconnect, causeNotConnected, causeNoAddress, causeReplayed,
	}
	var have, want []string
	for from, name := range phaseNames() {
		for _, on := range causes {
			if to := from.next(on); to != from {
				require.False(t, from.final(), "%s is final", name)
				have = append(have, strings.Join([]string{name, string(on), phaseNames()[to]}, " "))
			}
		}
	}
	for _, changes := range specActions() {
		want = append(want, changes...)
	}
	slices.Sort(have)
	slices.Sort(want)
	require.Equal(t, want, have)
}

// The specification has the same actions, and each leads to the same phases.
func TestPhasesAreThoseOfTheSpecification(t *testing.T) {
	text, err := os.ReadFile("../spec/HandoffProtocol.tla")
	require.NoError(t, err)
	spec := string(text)
	clientStep := regexp.MustCompile(`(?m)^ClientStep == (.*)$`).FindStringSubmatch(spec)
	require.NotNil(t, clientStep)
	specified := map[string]string{"adopted": "adopted", "fallback": "reconnecting", "doubt": "inDoubt"}
	for _, action := range strings.Split(clientStep[1], ` \/ `) {
		require.Contains(t, specActions(), action)
		_, body, found := strings.Cut(spec, "\n"+action+" == ")
		require.True(t, found)
		body, _, _ = strings.Cut(body, "\n\n")
		require.Contains(t, body, `client = "waiting"`)
		var have, want []string
		for _, line := range regexp.MustCompile(`client' = .*`).FindAllString(body, -1) {
			for _, value := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(line, -1) {
				if phase := specified[value[1]]; phase != "" { // others are of plain clients, and of the user's end of file
					have = append(have, phase)
				}
			}
		}
		for _, change := range specActions()[action] {
			want = append(want, change[strings.LastIndex(change, " ")+1:])
		}
		require.ElementsMatch(t, want, have, action)
	}
}
