package fallback

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// After a step back of the clock the windows from before it lie between the new
// ones and the end of the list. They are many, and an insert must not pass them.
func TestInsertLooksNoFurtherThanItsNeighbours(t *testing.T) {
	at := func(second int64) *window { return &window{start: time.Unix(second, 0)} }
	var o order
	far, next, recent := at(1000), at(20), at(10)
	for _, w := range []*window{far, next, recent} { // the clock steps back twice
		o.insert(w)
	}
	far.start = time.Unix(0, 0) // leads astray whoever looks

	w := at(11)
	o.insert(w)

	require.Equal(t, []*window{recent, w, next, far}, []*window{o.first, o.first.next, o.first.next.next, o.last})
}
