package fsm_test

import (
	"context"
	"errors"
	"math"
	"testing"

	looplab "github.com/looplab/fsm"
	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/fsm"
)

// looplab's own machine is compared with the compiled table, one pair at a time.
func TestTableAgreesWithLooplab(t *testing.T) {
	for _, s := range fsm.States() {
		for _, e := range fsm.Events() {
			t.Run(s.String()+"/"+e.String(), func(t *testing.T) {
				judge := fsm.Machine(s)
				verdict := judge.Event(context.Background(), e.String())

				next, err := s.Next(e)

				require.Equal(t, judge.Current(), next.String())
				if verdict == nil {
					require.NoError(t, err)
					return
				}
				require.Equal(t, looplab.InvalidEventError{Event: e.String(), State: s.String()}, verdict)
				require.Equal(t, &fsm.TransitionError{State: s, Event: e}, err)
			})
		}
	}
}

// looplab's machine runs the same descriptions, so an error in them would show in
// neither: here the transitions are written down a second time, and checked over
// every value that the types can hold.
func TestPendingLeavesOnceAndNothingElseMoves(t *testing.T) {
	type pair struct {
		s fsm.State
		e fsm.Event
	}
	want := map[pair]fsm.State{
		{fsm.Pending, fsm.Acknowledge}: fsm.Acknowledged,
		{fsm.Pending, fsm.Expire}:      fsm.Expired,
		{fsm.Pending, fsm.Abandon}:     fsm.Abandoned,
	}
	for s := 0; s <= math.MaxUint8; s++ {
		for e := 0; e <= math.MaxUint8; e++ {
			p := pair{fsm.State(s), fsm.Event(e)}
			next, err := p.s.Next(p.e)
			if to, ok := want[p]; ok {
				require.NoError(t, err)
				require.Equal(t, to, next)
				continue
			}
			var refused *fsm.TransitionError
			require.True(t, errors.As(err, &refused), "%v %v", p.s, p.e)
			require.Equal(t, fsm.TransitionError{State: p.s, Event: p.e}, *refused)
			require.Equal(t, p.s, next, "a refused event leaves the state alone")
		}
	}
}

func TestTerminalStatesAreTheOnesWithoutAWayOut(t *testing.T) {
	ends := map[fsm.State]bool{fsm.Acknowledged: true, fsm.Expired: true, fsm.Abandoned: true}
	for s := 0; s <= math.MaxUint8; s++ {
		require.Equal(t, ends[fsm.State(s)], fsm.State(s).Terminal(), "%v", fsm.State(s))
	}
}

func TestZeroValuesAreInvalid(t *testing.T) {
	require.NotContains(t, fsm.States(), fsm.State(0))
	require.NotContains(t, fsm.Events(), fsm.Event(0))
	require.Nil(t, fsm.Machine(0))
	require.Nil(t, fsm.Machine(fsm.Abandoned+1))
}

func TestStatesAndEventsComeInOrderAndFresh(t *testing.T) {
	states := []fsm.State{fsm.Pending, fsm.Acknowledged, fsm.Expired, fsm.Abandoned}
	events := []fsm.Event{fsm.Acknowledge, fsm.Expire, fsm.Abandon}
	require.Equal(t, states, fsm.States())
	require.Equal(t, events, fsm.Events())

	clear(fsm.States())
	clear(fsm.Events())
	require.Equal(t, states, fsm.States(), "a caller cannot write into the package")
	require.Equal(t, events, fsm.Events(), "a caller cannot write into the package")
}

func TestNames(t *testing.T) {
	for s, name := range map[fsm.State]string{
		0: "State(0)", fsm.Pending: "pending", fsm.Acknowledged: "acknowledged",
		fsm.Expired: "expired", fsm.Abandoned: "abandoned", 5: "State(5)", 255: "State(255)",
	} {
		require.Equal(t, name, s.String())
	}
	for e, name := range map[fsm.Event]string{
		0: "Event(0)", fsm.Acknowledge: "acknowledge", fsm.Expire: "expire",
		fsm.Abandon: "abandon", 4: "Event(4)", 255: "Event(255)",
	} {
		require.Equal(t, name, e.String())
	}
}

func TestErrorSaysWhatIsWrong(t *testing.T) {
	for want, refused := range map[string]fsm.TransitionError{
		"fsm: event acknowledge is forbidden in state expired": {State: fsm.Expired, Event: fsm.Acknowledge},
		"fsm: event abandon is forbidden in state abandoned":   {State: fsm.Abandoned, Event: fsm.Abandon},
		"fsm: event acknowledge is forbidden in state pending": {State: fsm.Pending, Event: fsm.Acknowledge},
		"fsm: invalid event Event(0) in state pending":         {State: fsm.Pending},
		"fsm: invalid event Event(4) in state pending":         {State: fsm.Pending, Event: fsm.Abandon + 1},
		"fsm: invalid event Event(9) in state pending":         {State: fsm.Pending, Event: 9},
		"fsm: event expire in invalid state State(5)":          {State: fsm.Abandoned + 1, Event: fsm.Expire},
		"fsm: event expire in invalid state State(9)":          {State: 9, Event: fsm.Expire},
		"fsm: event Event(0) in invalid state State(0)":        {},
	} {
		require.EqualError(t, &refused, want)
	}
}

func TestMachineStandsWhereItIsAsked(t *testing.T) {
	for _, s := range fsm.States() {
		require.Equal(t, s.String(), fsm.Machine(s).Current())
		require.Equal(t, s.Terminal(), len(fsm.Machine(s).AvailableTransitions()) == 0)
	}
}

func TestAllocs(t *testing.T) {
	for _, e := range fsm.Events() {
		require.Zero(t, testing.AllocsPerRun(100, func() {
			if next, err := fsm.Pending.Next(e); err != nil || !next.Terminal() {
				t.Error("refused", next, err)
			}
		}), "%v", e)
	}
}

func BenchmarkNext(b *testing.B) {
	for _, e := range fsm.Events() {
		b.Run("event="+e.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fsm.Pending.Next(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
