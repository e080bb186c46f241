package registry_test

import (
	"math"
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

func TestNewRefusesOptionsThatMakeNoSense(t *testing.T) {
	for name, c := range map[string]struct {
		options registry.Options
		option  string
		says    []string
	}{
		"negative deadline":            {registry.Options{AckDeadline: -1}, "AckDeadline", []string{"-1ns"}},
		"most negative deadline":       {registry.Options{AckDeadline: math.MinInt64}, "AckDeadline", nil},
		"negative TTL":                 {registry.Options{TokenTTL: -time.Second}, "TokenTTL", []string{"-1s"}},
		"negative capacity":            {registry.Options{MaxPending: -1}, "MaxPending", []string{"-1"}},
		"negative attempts":            {registry.Options{CollisionAttempts: -7}, "CollisionAttempts", []string{"-7"}},
		"deadline above TTL":           {registry.Options{AckDeadline: 3, TokenTTL: 2}, "AckDeadline", []string{"AckDeadline", "TokenTTL", "3ns", "2ns"}},
		"default deadline above TTL":   {registry.Options{TokenTTL: time.Second}, "AckDeadline", []string{"AckDeadline", "TokenTTL", "5s", "1s"}},
		"deadline above default TTL":   {registry.Options{AckDeadline: time.Minute}, "AckDeadline", []string{"AckDeadline", "TokenTTL", "1m0s", "30s"}},
		"several: the first is named":  {registry.Options{AckDeadline: -1, MaxPending: -1}, "AckDeadline", nil},
		"negative comes before above":  {registry.Options{AckDeadline: 3, TokenTTL: -2}, "TokenTTL", []string{"negative"}},
		"huge deadline above huge TTL": {registry.Options{AckDeadline: math.MaxInt64, TokenTTL: math.MaxInt64 - 1}, "AckDeadline", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := registry.New(c.options)
			require.Nil(t, r)
			var bad *registry.OptionError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, c.option, bad.Option)
			for _, text := range c.says {
				require.Contains(t, err.Error(), text)
			}
		})
	}
}

func TestZeroOptionsAreTheDefaults(t *testing.T) {
	r := open(t, registry.Options{})
	require.Equal(t, 5*time.Second, r.AckDeadline())
	issue(t, r, epoch)
	next, ok := r.NextDeadline()
	require.True(t, ok)
	require.True(t, next.Equal(epoch.Add(registry.DefaultTokenTTL)), next)
	for range registry.DefaultMaxPending - 1 {
		issue(t, r, epoch)
	}
	_, err := r.Issue(epoch)
	require.ErrorIs(t, err, registry.ErrFull)
}

func TestEqualDeadlineAndTTLIsAllowed(t *testing.T) {
	r := open(t, registry.Options{AckDeadline: time.Second, TokenTTL: time.Second})
	token := issue(t, r, epoch)
	require.NoError(t, r.Register(token, cache, epoch))
	_, err := r.Acknowledge(token, epoch.Add(time.Second-1))
	require.NoError(t, err)
}

func TestMaxPendingMayBeAnyInt(t *testing.T) {
	r := open(t, registry.Options{MaxPending: math.MaxInt})
	begin(t, r, epoch)
	require.Equal(t, 1, r.Len())
}
