package broker

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/stretchr/testify/require"
)

// Whoever waits looks again when a link of the service is gone, and goes elsewhere when the last one
// is. What becomes of a service that is not registered any more concerns nobody.
func TestWaitersHearOfEveryLinkThatParts(t *testing.T) {
	s := &service{name: "a"}
	one, two := &link{service: s}, &link{service: s}
	b := &Broker{services: map[string]*service{}}
	require.True(t, b.join(one))
	require.True(t, b.join(two))
	require.Nil(t, b.joinQueue("b", true))
	w := b.joinQueue("a", true)
	require.True(t, told(w))

	b.part(one)
	require.True(t, told(w), "a link that is gone is not busy")
	require.False(t, w.queueClosed())
	require.Equal(t, []*link{two}, s.links)
	b.part(two)
	require.True(t, told(w))
	require.True(t, w.queueClosed())
	require.Nil(t, b.joinQueue("a", true))

	next := &service{name: "a"}
	three := &link{service: next}
	require.True(t, b.join(three))
	b.part(two) // again
	require.NotNil(t, b.joinQueue("a", true), "the service with a link stays")
}

func TestLinkJoinsTheServiceThatHasLinks(t *testing.T) {
	b := &Broker{services: map[string]*service{}}
	first, second := &link{service: &service{name: "a"}}, &link{service: &service{name: "a"}}
	require.True(t, b.join(first))
	require.True(t, b.join(second))
	require.Same(t, first.service, second.service)
	require.Equal(t, []*link{first, second}, first.service.links)
	b.shuttingDown = true
	require.False(t, b.join(&link{service: &service{name: "b"}}))
	require.Nil(t, b.services["b"])
}

// The margin is a quarter of the deadline unless it is given, and never more than the deadline.
func TestServiceHasItsOwnSettings(t *testing.T) {
	for name, c := range map[string]struct {
		margin, deadline time.Duration // of the broker, and of the service
		want             time.Duration
		wantDeadline     time.Duration
	}{
		"a quarter":               {0, 0, time.Second / 4, time.Second},
		"a quarter of its own":    {0, 4 * time.Second, time.Second, 4 * time.Second},
		"as given":                {time.Millisecond, 0, time.Millisecond, time.Second},
		"the deadline at most":    {time.Hour, 0, time.Second, time.Second},
		"none, by a negative one": {-1, 0, 0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			b := new(Broker)
			b.o = Options{AckDeadline: time.Second, Margin: c.margin, Reconnect: "/all",
				Services: map[string]Service{"a": {AckDeadline: c.deadline, UIDs: []int{7}}, "b": {Reconnect: "/b", Disabled: true}}}
			s := b.service("a")
			require.Equal(t, c.want, s.margin)
			require.Equal(t, c.wantDeadline, s.deadline)
			require.Equal(t, "/all", s.reconnect)
			require.Equal(t, []int{7}, s.uids)
			require.False(t, s.disabled)
			require.Equal(t, "/b", b.service("b").reconnect)
			require.True(t, b.service("b").disabled)
			require.Nil(t, b.service("c"), "it is not listed")
		})
	}
	require.NotNil(t, new(Broker).service("c"), "without a list every service is")
}

// Where no byte of an offer was sent nobody has a copy: whether the next link is tried, this one
// later, or none depends on why.
func TestWhatIsTriedNextDependsOnWhyNothingWasSent(t *testing.T) {
	for err, want := range map[error]sendResult{
		syscall.ETOOMANYREFS: giveUp, // of the user, on whatever link
		errCongested:         retryLater,
		fdpass.ErrWouldBlock: retryLater,
		syscall.EPIPE:        tryNextLink,
		syscall.ECONNRESET:   tryNextLink,
		net.ErrClosed:        tryNextLink,
		errors.New("other"):  giveUp,
	} {
		result, why := sendFailure(fmt.Errorf("wrapped: %w", err))
		require.Equal(t, want, result, "%v", err)
		require.NotZero(t, why.Reason)
		require.Equal(t, errors.Is(err, syscall.ETOOMANYREFS), why.RetryAfter > 0)
		if result == tryNextLink {
			require.Equal(t, fallback.BackendGone, why.Reason)
		}
	}
}
