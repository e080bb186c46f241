package registry_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// epoch is a wall time, without a monotonic reading, as a caller may use too.
var epoch = time.Unix(1_700_000_000, 0)

var cache = registry.Backend{Service: "cache", PID: 7}

func open(t testing.TB, o registry.Options) *registry.Registry {
	t.Helper()
	r, err := registry.New(o)
	require.NoError(t, err)
	return r
}

func begin(t testing.TB, r *registry.Registry, now time.Time) registry.Token {
	t.Helper()
	token, err := r.Begin(cache, now)
	require.NoError(t, err)
	return token
}

func issue(t testing.TB, r *registry.Registry, now time.Time) registry.Token {
	t.Helper()
	token, err := r.Issue(now)
	require.NoError(t, err)
	return token
}
