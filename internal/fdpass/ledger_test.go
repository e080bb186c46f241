package fdpass_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/fdpass"
)

func TestLedgerCountsByOrigin(t *testing.T) {
	var l fdpass.Ledger
	require.Zero(t, l.Stats())
	require.Nil(t, l.Leaks())

	l.Opened(fdpass.FromLink)
	l.Opened(fdpass.FromLink)
	l.Opened(fdpass.Accepted)
	l.Closed(fdpass.FromLink)
	require.Equal(t, fdpass.Stats{Opened: 3, Closed: 1, Open: 2}, l.Stats())
	require.Equal(t, []fdpass.Leak{{fdpass.Accepted, 1}, {fdpass.FromLink, 1}}, l.Leaks())

	l.Adopted(fdpass.Accepted)
	l.Closed(fdpass.FromLink)
	require.Equal(t, fdpass.Stats{Opened: 3, Closed: 2, Adopted: 1}, l.Stats())
	require.Nil(t, l.Leaks())
}

// A descriptor that is closed twice, or under the wrong origin, shows, even if the sum over
// all origins is right.
func TestLedgerReportsADoubleClose(t *testing.T) {
	var l fdpass.Ledger
	l.Opened(fdpass.FromLink)
	l.Closed(fdpass.Duplicated)
	require.Zero(t, l.Stats().Open)
	require.Equal(t, []fdpass.Leak{{fdpass.Duplicated, -1}, {fdpass.FromLink, 1}}, l.Leaks())
}

func TestNilLedgerCountsNothing(t *testing.T) {
	var l *fdpass.Ledger
	l.Opened(fdpass.FromLink)
	l.Closed(fdpass.FromLink)
	l.Adopted(fdpass.FromLink)
	require.Zero(t, l.Stats())
	require.Nil(t, l.Leaks())
}

func TestALedgerIsExactAtEveryInstant(t *testing.T) {
	var l fdpass.Ledger
	const workers, lives = 4, 2_000
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range lives {
				from := []fdpass.Origin{fdpass.FromLink, fdpass.Accepted, fdpass.Duplicated}[i%3]
				l.Opened(from)
				if i%2 == 0 {
					l.Closed(from)
				} else {
					l.Adopted(from)
				}
			}
		})
	}
	stop := make(chan struct{})
	go func() {
		wg.Wait()
		close(stop)
	}()
	for looking := true; looking; {
		select {
		case <-stop:
			looking = false
		default:
		}
		s := l.Stats()
		require.Equal(t, s.Opened, s.Closed+s.Adopted+uint64(s.Open))
		require.GreaterOrEqual(t, s.Open, 0)
		require.LessOrEqual(t, s.Open, workers)
	}
	require.Equal(t, fdpass.Stats{Opened: workers * lives, Closed: workers * lives / 2, Adopted: workers * lives / 2}, l.Stats())
	require.Nil(t, l.Leaks())
}
