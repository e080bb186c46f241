package backend_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/stretchr/testify/require"
)

type recorder struct {
	mu  sync.Mutex
	ops []backend.Op
}

func (r *recorder) add(op backend.Op) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, op)
}

func (r *recorder) has(op backend.Op) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.ops {
		if o == op {
			return true
		}
	}
	return false
}

// goesOn waits until as many steps are recorded, counted from the first step of that name, and checks
// that they are the wanted ones. What a step writes can be read before the step is recorded.
func (r *recorder) goesOn(t *testing.T, want ...backend.Op) {
	t.Helper()
	require.Eventually(t, func() bool { return len(r.from(want[0])) >= len(want) }, hang, time.Millisecond)
	require.Equal(t, want, r.from(want[0]))
}

func (r *recorder) from(op backend.Op) []backend.Op {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, o := range r.ops {
		if o == op {
			return slices.Clone(r.ops[i:])
		}
	}
	return nil
}
