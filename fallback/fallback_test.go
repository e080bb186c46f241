package fallback_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/fallback"
)

// The numbers are part of the API: callers may use them as keys of metrics.
func TestReasonsHaveTheirNumbersAndNames(t *testing.T) {
	for i, want := range []struct {
		reason fallback.Reason
		name   string
	}{
		{0, "none"},
		{fallback.ClientUnsupported, "client-unsupported"},
		{fallback.ServicePolicyDisabled, "service-policy-disabled"},
		{fallback.FDPressureDisabled, "fd-pressure-disabled"},
		{fallback.FailedAttemptRateLimited, "failed-attempt-rate-limited"},
		{fallback.PermissionDenied, "permission-denied"},
		{fallback.IntegrityMismatch, "integrity-mismatch"},
		{fallback.BackendAckTimeout, "backend-ack-timeout"},
		{fallback.AdoptedBackend, "adopted-backend"},
		{fallback.BackendRejected, "backend-rejected"},
		{fallback.BackendGone, "backend-gone"},
		{11, "Reason(11)"},
	} {
		require.EqualValues(t, i, want.reason)
		require.Equal(t, want.name, want.reason.String())
	}
	require.Equal(t, "Reason(255)", fallback.Reason(255).String())
}

func TestDecisionsReadAsSentences(t *testing.T) {
	for want, decision := range map[string]fallback.Decision{
		"go ahead":                       {},
		"reconnect: backend-ack-timeout": {Reason: fallback.BackendAckTimeout},
		"reconnect: failed-attempt-rate-limited, retry after 1.5s": {
			Reason: fallback.FailedAttemptRateLimited, RetryAfter: 1500 * time.Millisecond,
		},
	} {
		require.Equal(t, want, decision.String())
	}
}

func TestPolicyRefusesWhatIsNegative(t *testing.T) {
	for _, c := range []struct {
		policy fallback.Policy
		want   fallback.OptionError
	}{
		{fallback.Policy{MaxFailures: -1}, fallback.OptionError{Option: "MaxFailures", Problem: "-1 is negative"}},
		{fallback.Policy{Window: -1}, fallback.OptionError{Option: "Window", Problem: "-1ns is negative"}},
		{fallback.Policy{Window: -time.Second}, fallback.OptionError{Option: "Window", Problem: "-1s is negative"}},
	} {
		limiter, err := fallback.NewLimiter(c.policy)
		require.Nil(t, limiter)
		require.Equal(t, &c.want, err)
		require.EqualError(t, err, "fallback: option "+c.want.Option+": "+c.want.Problem)
	}
}

func TestZeroPolicyIsEightFailuresInThirtySeconds(t *testing.T) {
	made, err := fallback.NewLimiter(fallback.Policy{})
	require.NoError(t, err)
	for name, limiter := range map[string]*fallback.Limiter{"made": made, "zero": new(fallback.Limiter)} {
		t.Run(name, func(t *testing.T) {
			for range 7 {
				limiter.Fail("cache", start)
			}
			require.Zero(t, limiter.Check("cache", start))
			limiter.Fail("cache", start)
			require.Equal(t, limited(30*time.Second), limiter.Check("cache", start))
		})
	}
}

// start is an arbitrary instant, like one that a caller reads from its clock.
var start = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

func limited(rest time.Duration) fallback.Decision {
	return fallback.Decision{Reason: fallback.FailedAttemptRateLimited, RetryAfter: rest}
}

func newLimiter(t require.TestingT, maxFailures int, window time.Duration) *fallback.Limiter {
	limiter, err := fallback.NewLimiter(fallback.Policy{MaxFailures: maxFailures, Window: window})
	require.NoError(t, err)
	return limiter
}

// failures makes backend fail n times at now.
func failures(limiter *fallback.Limiter, n int, backend string, now time.Time) {
	for range n {
		limiter.Fail(backend, now)
	}
}
