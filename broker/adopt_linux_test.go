package broker_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/stretchr/testify/require"
)

func TestExplicitClientIsAdopted(t *testing.T) {
	w := newWorld(t, broker.Options{})
	w.echoBackend("one", backend.Options{})
	c := w.dial()
	c.hello(t, "early\n")
	require.Equal(t, 3*(time.Second+250*time.Millisecond), c.budget)
	c.ready(t)
	c.hear(t, "one: early")
	c.ask(t, "late", "one: late")
	o := <-w.outcomes
	require.Equal(t, broker.Adopted, o.Kind)
	require.Equal(t, service, o.Backend.Service)
	require.Equal(t, 1, o.Attempts)
}
