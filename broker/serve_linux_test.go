package broker_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func TestServeTakesRawListenersOnly(t *testing.T) {
	w := newWorld(t, patient())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	wrapped := struct{ net.Listener }{ln}
	var e *broker.UnsupportedError
	require.ErrorAs(t, w.broker.Serve(wrapped, nil), &e)
	require.ErrorAs(t, w.broker.ServeBackends(ln), &e)
	require.Equal(t, fallback.ServicePolicyDisabled, e.Fallback().Reason)
}

// A broker that has no descriptor left accepts nobody, tries again, and is none the worse
// for it.
func TestNoDescriptorIsLeftToAccept(t *testing.T) {
	failed := make(logged, 16)
	o := patient()
	o.Logger = slog.New(failed)
	w := newWorld(t, o)
	w.echoBackend("one", backend.Options{})
	early := w.dial()
	early.hello(t, "")
	early.ready(t)
	early.ask(t, "x", "one: x") // so an Accept has returned it
	w.atRest()
	room := socktest.LeaveDescriptors(t, 1)
	c := w.dial() // takes the last one
	require.Equal(t, "client not accepted", <-failed)
	early.ask(t, "x", "one: x")
	room()
	c.hello(t, "y\n")
	c.ready(t)
	c.hear(t, "one: y")
	w.atRest()

	room = socktest.LeaveDescriptors(t, 1)
	p := w.stranger()
	require.Equal(t, "control connection not accepted", <-failed)
	early.ask(t, "x", "one: x")
	room()
	hello := wire.LinkHello{Version: wire.LinkVersion, Service: service}
	p.send(&hello)
	p.challenge()
	p.welcome()
}

// logged are the messages of failed accepts.
type logged chan string

func (l logged) Enabled(context.Context, slog.Level) bool { return true }

func (l logged) WithAttrs([]slog.Attr) slog.Handler { return l }

func (l logged) WithGroup(string) slog.Handler { return l }

func (l logged) Handle(_ context.Context, r slog.Record) error {
	if strings.HasSuffix(r.Message, "not accepted") {
		select {
		case l <- r.Message:
		default: // it is tried many times
		}
	}
	return nil
}
