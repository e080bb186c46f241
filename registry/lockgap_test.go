package registry_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

// These are tests of what other calls may do while a call has released the lock: while it reads the
// random source, and while it reports dropped tokens. The callbacks do it, so that nothing is
// left to the scheduler.

// A reading is a random source that calls before each read, but not for reads within that call.
type reading struct {
	before func()
	within bool
}

func (s *reading) Read(b []byte) (int, error) {
	if !s.within {
		s.within = true
		s.before()
		s.within = false
	}
	return rand.Read(b)
}

func TestTheRandomSourceIsNotReadWhileFullOrClosed(t *testing.T) {
	reads := 0
	r := open(t, registry.Options{MaxPending: 2, Rand: &reading{before: func() { reads++ }}})
	begin(t, r, epoch)
	begin(t, r, epoch)
	require.Equal(t, 2, reads, "one read for each token")
	for range 3 {
		_, err := r.Begin(cache, epoch)
		require.ErrorIs(t, err, registry.ErrFull)
	}
	require.Equal(t, 2, reads)
	r.Close()
	_, err := r.Issue(epoch)
	require.ErrorIs(t, err, registry.ErrClosed)
	require.Equal(t, 2, reads)
}

func TestRoomIsJudgedAfterTheDraw(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*registry.Registry)
		want      error
		tokens    int
	}{
		"another takes the last room": {func(r *registry.Registry) { begin(t, r, epoch) }, registry.ErrFull, 2},
		"the registry is closed":      {func(r *registry.Registry) { r.Close() }, registry.ErrClosed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var r *registry.Registry
			source := &reading{before: func() {}}
			r = open(t, registry.Options{MaxPending: 2, Rand: source})
			begin(t, r, epoch)
			source.before = func() { c.meanwhile(r) }
			token, err := r.Begin(cache, epoch)
			require.ErrorIs(t, err, c.want)
			require.Zero(t, token)
			require.Equal(t, c.tokens, r.Tokens())
		})
	}
}

// A backend whose last handoff left is forgotten after others, and its number then stands for one
// of those. If Begin looked its backend up only before it released the lock to make room, its handoff
// would get the identity of another backend.
func TestABackendForgottenWhileRoomIsMadeKeepsItsName(t *testing.T) {
	const room = 4
	var r *registry.Registry
	source := &reading{before: func() {}}
	forget := false
	r = open(t, registry.Options{
		MaxPending: room, Rand: source, AckDeadline: time.Second, TokenTTL: time.Minute,
		Trace: func(e registry.Event) {
			if e.Op != registry.OpDrop || !forget {
				return
			}
			forget = false
			for pid := range 1000 {
				token, err := r.Begin(registry.Backend{Service: "another", PID: pid}, e.Now)
				require.NoError(t, err)
				_, err = r.Acknowledge(token, e.Now)
				require.NoError(t, err)
			}
		},
	})
	known := begin(t, r, epoch)
	_, err := r.Acknowledge(known, epoch)
	require.NoError(t, err)

	source.before = func() { // the registry is full of tokens whose end has come
		for range room {
			issue(t, r, epoch)
		}
		forget = true
		source.before = func() {}
	}
	token, err := r.Begin(cache, epoch.Add(time.Hour))
	require.NoError(t, err)
	require.False(t, forget, "room was made")
	b, pending := r.Backend(token)
	require.True(t, pending)
	require.Equal(t, cache, b)
}

// Close returns every handoff, however many batches it takes, in the order of their deadlines.
func TestCloseReturnsAllOfMany(t *testing.T) {
	for _, many := range []int{15, 16, 17, 48, 5000} {
		r := open(t, registry.Options{MaxPending: many})
		var want []registry.Abandoned
		for range many {
			want = append(want, registry.Abandoned{Token: begin(t, r, epoch), Backend: cache})
		}
		require.Equal(t, want, r.Close())
	}
}

// A full registry drops as many issued tokens as have reached their end, and no handoff.
func TestMakingRoomDropsEveryTokenThatIsDue(t *testing.T) {
	const many = 3000
	var dropped, left int
	r := open(t, registry.Options{
		MaxPending: many, AckDeadline: time.Second, TokenTTL: time.Minute,
		Trace: func(e registry.Event) {
			if e.Op == registry.OpDrop {
				dropped++
			}
		},
		OnExit: func(e registry.Exit) {
			if e.State == fsm.Expired {
				left++
			}
		},
	})
	begin(t, r, epoch)
	for range many - 1 {
		issue(t, r, epoch)
	}
	begin(t, r, epoch.Add(time.Minute))
	require.Positive(t, dropped)
	require.Zero(t, left, "the overdue handoff is for a sweep to end")
	require.Equal(t, many-dropped+1, r.Tokens())
}
