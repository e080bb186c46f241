package main

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/spec/trace/events"
)

// handedOver is a connection that a backend owns, as all tell of it.
const handedOver = `transfer one kind=explicit lease=true margin=true links=1
offering broker Begin attempt=1 link=1
offering broker SendOffer attempt=1 link=1
reader1 backend ReadOffer attempt=1 link=1
offering broker OfferWritten attempt=1 link=1
backend1 backend SendAck attempt=1 link=1
backend1 backend ReadClock attempt=1 link=1
client client ReadReady
backend1 backend Own attempt=1 link=1
backend1 backend SendReady attempt=1 link=1
backend1 backend Serve attempt=1 link=1
link1 broker ReadAck attempt=1 link=1
link1 broker Acknowledge attempt=1 link=1
link1 broker SendCommit attempt=1 link=1
link1 broker CloseCopy attempt=1 link=1
reader1 backend ReadCommit attempt=1 link=1
`

func oneTransfer(t *testing.T, text string) events.Transfer {
	t.Helper()
	recording, err := events.Read(strings.NewReader(text))
	require.NoError(t, err)
	require.Len(t, recording.Transfers, 1)
	return recording.Transfers[0]
}

func TestTheTransferModuleIsWhatThePartiesTell(t *testing.T) {
	p := oneTransfer(t, "transfer one kind=plain lease=true margin=false links=2\noffering broker Begin attempt=1 link=2\nlink2 broker Acknowledge attempt=1 link=2 failed\noffering broker EndConn\n")
	module, cfg, err := transferModule([]events.Transfer{p})
	require.NoError(t, err)
	require.Contains(t, module, `AllTransfers == <<
  [kind |-> "plain", cut |-> {}, threads |-> <<
    <<S("broker", "Begin", 1, 2, TRUE),
      S("broker", "EndConn", 0, 0, TRUE)>>,
    <<S("broker", "Acknowledge", 1, 2, FALSE)>>>>]>>
RecordedTransfers == AllTransfers
RecordedBackends == 1..2
RecordedLease == 1..2
`)
	require.Contains(t, cfg, "MaxAttempts = 1\n  AckDeadline = 2\n  Margin = 2\n  Horizon = 3\n")
	p.Lease, p.Margin = false, true
	module, cfg, err = transferModule([]events.Transfer{p})
	require.NoError(t, err)
	require.Contains(t, module, "RecordedLease == {}")
	require.Contains(t, cfg, "Margin = 1\n")
	p.Links = 1
	_, _, err = transferModule([]events.Transfer{p})
	require.ErrorContains(t, err, "there is no link 2")
	p.Links, p.Steps[0].Op = 2, `"`
	_, _, err = transferModule([]events.Transfer{p})
	require.ErrorContains(t, err, "no word")
}

func TestLinksThatEndedAreKnownByWhatWasNotAnswered(t *testing.T) {
	p := oneTransfer(t, "transfer one kind=plain links=3\na backend CloseCopy attempt=1 link=1\na backend SendNack attempt=1 link=1\n"+
		"b backend CloseCopy attempt=2 link=2\nc broker CloseCopy attempt=3 link=3\n")
	require.Equal(t, "{2}", set(cut(&p)))
}

func TestTransfersWithTheSameLinksAreOneGroup(t *testing.T) {
	a, b := events.Transfer{Links: 1}, events.Transfer{Links: 2}
	require.Equal(t, [][]events.Transfer{{a, a}, {b}}, transferGroups([]events.Transfer{a, b, a}))
}

func TestThePointIsReadThatNoOtherIsBeyond(t *testing.T) {
	far, err := readReached("\"reached 1 <<0, 0>>\"\n\"reached 2 <<1>>\"\n\"reached 1 <<0, 1>>\"\nDone.\n", 3)
	require.NoError(t, err)
	require.Equal(t, []reached{{0, 1}, {1}, nil}, far)
	_, err = readReached(`"reached 4 <<0, 0>>"`, 3)
	require.Error(t, err)
	_, err = readReached(`"reached 1 <<99999999999999999999>>"`, 3)
	require.Error(t, err)

	p := oneTransfer(t, "transfer one kind=plain links=1\na broker Begin\nb broker Drain\na broker EndConn\n")
	require.Empty(t, misfit(&p, reached{2, 1}))
	require.Equal(t, []events.Step{p.Steps[2]}, misfit(&p, reached{1, 1}))
	require.Equal(t, []events.Step{p.Steps[0], p.Steps[1]}, misfit(&p, nil))
}

func TestTheReportNamesTransfersAndWhatDoesNotFit(t *testing.T) {
	p := oneTransfer(t, handedOver)
	whole := reached{3, 2, 5, 1, 4}
	r := &report{}
	r.addTransfer(&p, whole, false)
	r.addTransfer(&p, reached{3, 2, 0, 0, 0}, true)
	require.Empty(t, r.problems)
	require.Equal(t, []int{1, len(p.Steps), 1}, []int{r.transfers, r.steps, r.spoilt})
	r.addTransfer(&p, reached{3, 2, 0, 0, 0}, false)
	r.addTransfer(&p, whole, true)
	require.Len(t, r.problems, 2)
	require.Contains(t, r.problems[0], "transfer one is no path through HandoffProtocol: after [3 2 0 0 0] steps of its threads, none of these fits:\n  backend1 backend SendAck attempt=1 link=1\n  client client ReadReady\n")
	require.Contains(t, r.problems[1], "HandoffProtocol takes it")
}

func TestTransfersAreSpoiltInManyWays(t *testing.T) {
	p := oneTransfer(t, handedOver)
	ways := map[string]int{}
	all := spoil(p)
	for _, s := range all {
		way, _, _ := strings.Cut(strings.TrimPrefix(s.name, "transfer one with "), ": ")
		ways[way]++
		require.NotEqual(t, p.Steps, s.Steps, s.name)
	}
	require.Equal(t, map[string]int{"a step lost": 9, "a step too late": 5, "a step twice": 12, "the other verdict": 1}, ways)
	require.Equal(t, oneTransfer(t, handedOver), p, "it is as it was")
	require.Len(t, some(rand.New(rand.NewPCG(1, 1)), []events.Transfer{p}, 7), 7)
	require.Len(t, some(rand.New(rand.NewPCG(1, 1)), []events.Transfer{p}, 1000), len(all))
}

func TestATransferIsAPathThroughTheProtocolAndSpoiltItIsNot(t *testing.T) {
	needJava(t)
	code, out := call(t, handedOver, "-file", "-", "-spoilt", "100")
	require.Equal(t, exitOK, code, out)
	require.Contains(t, out, "1 transfers of 15 steps; refused 27 spoilt ones")

	// What breaks rule 3: the clock is read before the ACK is sent.
	early := strings.Replace(handedOver, "SendAck", "x", 1)
	early = strings.Replace(early, "backend ReadClock", "backend SendAck", 1)
	early = strings.Replace(early, "backend x", "backend ReadClock", 1)
	code, out = call(t, early, "-file", "-", "-spoilt", "0")
	require.Equal(t, exitDiffers, code, out)
	require.Contains(t, out, "transfer one is no path through HandoffProtocol")
	require.Contains(t, out, "\n  backend1 backend ReadClock attempt=1 link=1")
}
