package registry_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

// At its end an issued token is revoked by whoever touches it first, and not before.
func TestAnIssuedTokenIsRevokedAtItsEnd(t *testing.T) {
	for name, touch := range map[string]func(r *registry.Registry, token registry.Token, now time.Time) error{
		"Register": func(r *registry.Registry, token registry.Token, now time.Time) error {
			return r.Register(token, cache, now)
		},
		"Consume": func(r *registry.Registry, token registry.Token, now time.Time) error {
			return r.Consume(token, token, now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, registry.Options{AckDeadline: time.Second, TokenTTL: time.Minute})
			token, inTime := issue(t, r, epoch), issue(t, r, epoch)
			require.NoError(t, touch(r, inTime, epoch.Add(time.Minute-1)))
			r.Abandon(inTime)
			require.Equal(t, 1, r.Tokens())
			require.ErrorIs(t, touch(r, token, epoch.Add(time.Minute)), registry.ErrTokenExpired)
			require.Zero(t, r.Tokens())
			require.ErrorIs(t, touch(r, token, epoch), registry.ErrTokenNotLive)
			require.Equal(t, registry.Stats{Issued: 2, Revoked: 2, Registered: r.Stats().Registered, Abandoned: r.Stats().Abandoned}, r.Stats())
		})
	}
}
