package passing_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/passing"
)

func TestALedgerCountsByOrigin(t *testing.T) {
	var l passing.Ledger
	require.Zero(t, l.Stats())
	require.Nil(t, l.Leaks())

	l.Opened(passing.FromLink)
	l.Opened(passing.FromLink)
	l.Opened(passing.Accepted)
	l.Closed(passing.FromLink)
	require.Equal(t, passing.Stats{Opened: 3, Closed: 1, Open: 2}, l.Stats())
	require.Equal(t, []passing.Leak{{passing.Accepted, 1}, {passing.FromLink, 1}}, l.Leaks())

	l.Adopted(passing.Accepted)
	l.Closed(passing.FromLink)
	require.Equal(t, passing.Stats{Opened: 3, Closed: 2, Adopted: 1}, l.Stats())
	require.Nil(t, l.Leaks())
}

// A descriptor closed under the wrong name, or twice, is not made good by others
// that are open.
func TestALedgerNamesWhatWasClosedTwice(t *testing.T) {
	var l passing.Ledger
	l.Opened(passing.FromLink)
	l.Closed(passing.Duplicated)
	require.Zero(t, l.Stats().Open)
	require.Equal(t, []passing.Leak{{passing.Duplicated, -1}, {passing.FromLink, 1}}, l.Leaks())
}

func TestNoLedgerCountsNothing(t *testing.T) {
	var l *passing.Ledger
	l.Opened(passing.FromLink)
	l.Closed(passing.FromLink)
	l.Adopted(passing.FromLink)
	require.Zero(t, l.Stats())
	require.Nil(t, l.Leaks())
}

func TestALedgerIsExactAtEveryInstant(t *testing.T) {
	var l passing.Ledger
	const workers, lives = 4, 2_000
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range lives {
				from := []passing.Origin{passing.FromLink, passing.Accepted, passing.Duplicated}[i%3]
				l.Opened(from)
				if i%2 == 0 {
					l.Closed(from)
				} else {
					l.Adopted(from)
				}
			}
		})
	}
	over := make(chan struct{})
	go func() {
		wg.Wait()
		close(over)
	}()
	for looking := true; looking; {
		select {
		case <-over:
			looking = false
		default:
		}
		s := l.Stats()
		require.Equal(t, s.Opened, s.Closed+s.Adopted+uint64(s.Open))
		require.GreaterOrEqual(t, s.Open, 0)
		require.LessOrEqual(t, s.Open, workers)
	}
	require.Equal(t, passing.Stats{Opened: workers * lives, Closed: workers * lives / 2, Adopted: workers * lives / 2}, l.Stats())
	require.Nil(t, l.Leaks())
}
