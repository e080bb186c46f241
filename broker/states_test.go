package broker

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// steps are all steps that a broker can trace.
func steps(t *testing.T) (all []Op) {
	t.Helper()
	source, err := os.ReadFile("event.go")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`\tOp\w+ +Op = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		all = append(all, Op(m[1]))
	}
	require.NotEmpty(t, all)
	return all
}

// move is a row of a state machine's table.
type move[S, E any] struct {
	from S
	on   E
	to   S
}

// transferMoves are the rows of transferState.after, each with the action of the specification that
// it is.
func transferMoves() map[move[transferState, Op]]string {
	type m = move[transferState, Op]
	moves := map[m]string{
		{transferOffering, OpSendOffer, transferOffered}:  "SendOffer",
		{transferOffered, OpAcknowledge, transferAdopted}: "Acknowledge",
		{transferOffered, OpFence, transferFenced}:        "Fence",
		{transferOffered, OpAbandon, transferReturned}:    "TakeNack",
		{transferOffered, OpExpire, transferReturned}:     "Expire",
		{transferReturned, OpSettle, transferOffering}:    "TakeReleased",
		{transferOffering, OpSendFallback, transferTold}:  "SendFallback",
		{transferReturned, OpSendFallback, transferTold}:  "SendFallback",
		{transferOffering, OpProxy, transferProxied}:      "Proxy",
		{transferReturned, OpProxy, transferProxied}:      "Proxy",
		{transferOffering, OpEndConn, transferEnded}:      "EndConn",
		{transferReturned, OpEndConn, transferEnded}:      "EndConn",
	}
	return moves
}

func TestTransferTakesTheStepsOfTheSpecificationOnly(t *testing.T) {
	spec := brokerActions(t)
	allowed := map[move[transferState, Op]]bool{}
	for state := transferOffering; state <= transferEnded; state++ {
		for _, step := range steps(t) {
			to, ok := state.after(step)
			if !ok {
				require.Equal(t, state, to, "a refused step changes nothing")
				continue
			}
			allowed[move[transferState, Op]{state, step, to}] = true
		}
	}
	require.Len(t, allowed, len(transferMoves()))
	for m, action := range transferMoves() {
		require.True(t, allowed[m], "%v", m)
		require.True(t, spec[action], "the specification has no action %s", action)
	}
}

// linkMoves are the rows of linkPhase.after. Where the specification has an action for one, it is
// named.
func linkMoves() map[move[linkPhase, linkEvent]]string {
	type m = move[linkPhase, linkEvent]
	moves := map[m]string{
		{linkHandshaking, linkWelcomed, linkOpen}:       "",
		{linkOpen, linkDrainRequested, linkDraining}:    "",
		{linkDraining, linkAllDecided, linkDismissed}:   "",
		{linkBreaking, linkReadingEnded, linkClosed}:    "TakeGarbage",
		{linkHandshaking, linkReadingEnded, linkClosed}: "BrokerLinkEnd",
	}
	for p := linkHandshaking; p < linkBreaking; p++ {
		moves[m{p, linkFailed, linkBreaking}] = "BreakLink"
		moves[m{p, linkReadingEnded, linkClosed}] = "BrokerLinkEnd"
	}
	return moves
}

func TestLinkChangesItsPhaseByItsTableOnly(t *testing.T) {
	spec := brokerActions(t)
	changes := map[move[linkPhase, linkEvent]]bool{}
	for p := linkHandshaking; p <= linkClosed; p++ {
		for e := linkWelcomed; e <= linkReadingEnded; e++ {
			to, changed := p.after(e)
			require.Equal(t, to != p, changed)
			if changed {
				changes[move[linkPhase, linkEvent]{p, e, to}] = true
			}
		}
	}
	require.Len(t, changes, len(linkMoves()))
	for m, action := range linkMoves() {
		require.True(t, changes[m], "%v", m)
		require.True(t, action == "" || spec[action], "the specification has no action %s", action)
	}
}

// brokerActions are the definitions of the specification's broker.
func brokerActions(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "spec", "ProtocolBroker.tla"))
	require.NoError(t, err)
	actions := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^(\w+)(\([\w, ]*\))? ==`).FindAllStringSubmatch(string(text), -1) {
		actions[m[1]] = true
	}
	return actions
}
