package registry_test

import (
	"testing"

	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

func TestRefNamesATokenAsTheTraceDoes(t *testing.T) {
	var traced []registry.Event
	r := open(t, registry.Options{Trace: func(e registry.Event) { traced = append(traced, e) }})
	a, b := begin(t, r, epoch), begin(t, r, epoch)
	require.Equal(t, traced[0].Ref, r.Ref(a))
	require.Equal(t, traced[1].Ref, r.Ref(b))
	require.NotEqual(t, r.Ref(a), r.Ref(b))
	require.NotZero(t, r.Ref(a))

	r.Abandon(a)
	require.Equal(t, traced[0].Ref, r.Ref(a), "a revoked token keeps its name")
	require.Zero(t, r.Ref(registry.Token{}))
}

func TestRefDiffersBetweenRegistries(t *testing.T) {
	trace := func(registry.Event) {}
	r, other := open(t, registry.Options{Trace: trace}), open(t, registry.Options{Trace: trace})
	token := issue(t, r, epoch)
	require.NotEqual(t, r.Ref(token), other.Ref(token))
}

func TestRefIsZeroWithoutATrace(t *testing.T) {
	r := open(t, registry.Options{})
	require.Zero(t, r.Ref(issue(t, r, epoch)))
}
