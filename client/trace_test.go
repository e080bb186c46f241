package client_test

import (
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

// The steps come in this order, each once, whatever becomes of the connection.
func TestStepsOfAClient(t *testing.T) {
	elsewhere := echoes(t, "")
	before := []string{"Connect", "SendHello", "Write"}
	cases := map[string]struct {
		said []byte
		then []string
	}{
		"adopted":         {join(handedOver(t, time.Minute, ""), ready(t), []byte("x")), []string{"ReadReply", "ReadReady"}},
		"reconnected":     {join(handedOver(t, time.Minute, ""), fallbackTo(elsewhere.address)), []string{"ReadReply", "ReadFallback", "Reconnect"}},
		"not handed over": {notHandedOver(elsewhere.address), []string{"ReadReply", "Reconnect"}},
		"refused":         {refused(0), []string{"ReadReply"}},
		"doubt":           {join(handedOver(t, time.Minute, ""), []byte("?")), []string{"ReadReply", "Doubt"}},
		"no reply":        {[]byte("?"), []string{"Doubt"}},
		"a wrong reply":   {ready(t), []string{"ReadReply", "Doubt"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, says(t, test.said))
			var mu sync.Mutex
			var events []client.Event
			steps := w.dialer.Trace
			w.dialer.Trace = func(e client.Event) {
				mu.Lock()
				events = append(events, e)
				mu.Unlock()
				steps(e)
			}
			c := w.dial()
			say(t, c, "early")
			receive(t, readByte(c)) // an error, or the first byte
			want := append(before[:3:3], test.then...)
			require.Eventually(t, func() bool { return len(w.trace()) == len(want) }, hang, time.Millisecond)
			require.Equal(t, want, w.trace())
			mu.Lock()
			defer mu.Unlock()
			for _, e := range events {
				require.Zero(t, e.Link)
				require.Zero(t, e.Ref)
				require.Equal(t, e.Op == client.OpReadReady, e.Correlation == 3)
				wrong := e.Op == client.OpDoubt || name == "a wrong reply" && e.Op == client.OpReadReply
				require.Equal(t, wrong, e.Err != nil, "%v", e)
			}
		})
	}
}

// Trace is called outside locks: it may use the connection, and close it.
func TestTraceMayUseTheConnection(t *testing.T) {
	elsewhere := echoes(t, "")
	script := map[string][]byte{
		client.OpReadReady:    join(handedOver(t, time.Minute, ""), ready(t)),
		client.OpReadFallback: join(handedOver(t, time.Minute, ""), fallbackTo(elsewhere.address)),
		client.OpReconnect:    join(handedOver(t, time.Minute, ""), fallbackTo(elsewhere.address)),
		client.OpDoubt:        []byte("?"),
	}
	script[client.OpWrite] = script[client.OpReadReady]
	script[client.OpReadReply] = script[client.OpReadReady]
	for op, said := range script {
		t.Run(op, func(t *testing.T) {
			w := newWorld(t, says(t, said))
			var c *client.Conn
			closed := make(chan struct{})
			w.dialer.Trace = func(e client.Event) {
				if e.Op == op {
					_ = c.Outcome()
					_ = c.SetDeadline(time.Now().Add(time.Hour))
					_ = c.CloseWrite()
					_ = c.LocalAddr()
					_ = c.Close()
					close(closed)
				}
			}
			c = w.dial()
			_, _ = io.WriteString(c, "early")
			require.Error(t, receive(t, readByte(c)))
			receive(t, closed)
			require.ErrorIs(t, c.Close(), net.ErrClosed)
		})
	}
}

// Whoever stops within a step stops nobody else: the user is told by Close and deadlines.
func TestStoppedWithinAStep(t *testing.T) {
	w := newWorld(t, says(t, join(handedOver(t, time.Minute, ""), ready(t))))
	stopped, goOn := make(chan struct{}), make(chan struct{})
	w.dialer.Trace = func(e client.Event) {
		if e.Op == client.OpReadReply {
			close(stopped)
			<-goOn
		}
	}
	c := w.dial()
	reading := readByte(c)
	receive(t, stopped)
	say(t, c, "goes on")
	another := readByte(c)
	require.NoError(t, c.SetReadDeadline(time.Unix(1, 0)))
	require.ErrorIs(t, receive(t, another), os.ErrDeadlineExceeded)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Millisecond)))
	require.Error(t, receive(t, readByte(c))) // another Read ends by its deadline
	require.NoError(t, c.Close())
	for range 50 { // its deadline has passed, too
		require.ErrorIs(t, receive(t, readByte(c)), net.ErrClosed)
	}
	close(goOn)
	require.ErrorIs(t, receive(t, reading), net.ErrClosed)
}

func TestOutcomeHasAName(t *testing.T) {
	require.Equal(t, client.Pending, *new(client.Outcome))
	for outcome, name := range map[client.Outcome]string{
		client.Pending: "pending", client.Adopted: "adopted", client.Reconnected: "reconnected", client.Failed: "failed", 9: "Outcome(9)",
	} {
		require.Equal(t, name, outcome.String())
	}
}
