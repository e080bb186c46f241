package faultmatrix_test

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// deadlines are those of the ACK that a cell is tried with. Where the deadline is to come
// the first is short; on a machine too slow for it the next is taken.
func (c cell) deadlines() []time.Duration {
	if scene := scenarios()[c.scenario]; c.fault == freeze || c.fault == stuck || scene.expires {
		short := []time.Duration{300 * time.Millisecond, time.Second, 4 * time.Second}
		if scene.dropped { // two pings come before it
			return append(short[1:], 10*time.Second)
		}
		return short
	}
	return []time.Duration{10 * time.Second, 20 * time.Second}
}

// TestMatrix runs every cell that has a meaning. What its client sees must be what the
// table says.
func TestMatrix(t *testing.T) {
	table := readTable(t)
	seen := &sightings{cells: map[string][]string{}}
	t.Run("cells", func(t *testing.T) {
		for i, r := range rows(t) {
			for _, f := range faults() {
				c := cell{r.step, r.scenario, f}
				if c.meaningless() != "" {
					continue
				}
				if testing.Short() && !r.sample(i, f) {
					continue
				}
				t.Run(c.String(), func(t *testing.T) {
					t.Parallel()
					for range *repeat {
						c.test(t, table[c.String()], seen)
					}
				})
			}
		}
	})
	if *update && !t.Failed() {
		writeTable(t, table, seen.cells)
	}
	t.Logf("%d cells, %d runs, %d of them with a longer deadline", len(seen.cells), seen.runs, seen.slow)
	t.Attr("cells", strconv.Itoa(len(seen.cells)))
}

// sightings are what clients saw.
type sightings struct {
	mu         sync.Mutex
	cells      map[string][]string
	runs, slow int
}

func (s *sightings) add(c cell, saw string, tries int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.cells[c.String()], saw) {
		s.cells[c.String()] = append(s.cells[c.String()], saw)
	}
	s.runs++
	if tries > 1 {
		s.slow++
	}
}

// test runs a cell until it went as the table says, with longer and longer deadlines:
// nothing but what depends on the machine's speed is forgiven.
func (c cell) test(t *testing.T, want []string, seen *sightings) {
	var err error
	var saw string
	for try, deadline := range c.deadlines() {
		saw, err = c.run(deadline)
		if v := (violation{}); errors.As(err, &v) {
			break
		}
		if err == nil && (*update || slices.Contains(want, saw)) {
			seen.add(c, saw, try+1)
			return
		}
	}
	require.NoError(t, err)
	require.Contains(t, want, saw, "what the client saw")
}

// sample reports whether a fault is that of the ith row in a short run, which has one a
// row: every step, and every fault in turn.
func (r row) sample(i int, f fault) bool {
	for k := range faults() {
		if turn := faults()[(i+k)%len(faults())]; (cell{r.step, r.scenario, turn}).meaningless() == "" {
			return f == turn
		}
	}
	return false
}

// A stop point that is not reached fails its cell: nothing was shown there.
func TestStopThatIsNotReachedFails(t *testing.T) {
	t.Parallel()
	never := cell{step{party: "broker", name: "Fence"}, "lease", kill}
	_, err := never.run(never.deadlines()[0])
	require.ErrorIs(t, err, errNotReached)
}
