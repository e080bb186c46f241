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

// Each step is traced once, in this order, for every outcome.
func TestStepsOfAClient(t *testing.T) {
	elsewhere := echoServer(t, "")
	before := []client.Op{"Connect", "SendHello", "Write"}
	cases := map[string]struct {
		said []byte
		then []client.Op
	}{
		"adopted":         {join(replyHandedOver(t, time.Minute, ""), readyFrame(t), []byte("x")), []client.Op{"ReadReply", "ReadReady"}},
		"reconnected":     {join(replyHandedOver(t, time.Minute, ""), fallbackFrame(elsewhere.address)), []client.Op{"ReadReply", "ReadFallback", "Reconnect"}},
		"not handed over": {replyNotHandedOver(elsewhere.address), []client.Op{"ReadReply", "Reconnect"}},
		"refused":         {replyRefused(0), []client.Op{"ReadReply"}},
		"doubt":           {join(replyHandedOver(t, time.Minute, ""), []byte("?")), []client.Op{"ReadReply", "Doubt"}},
		"no reply":        {[]byte("?"), []client.Op{"Doubt"}},
		"a wrong reply":   {readyFrame(t), []client.Op{"ReadReply", "Doubt"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, scriptedBroker(t, test.said))
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
			mustWrite(t, c, "early")
			receive(t, readByte(c)) // an error, or the first byte
			want := append(before[:3:3], test.then...)
			require.Eventually(t, func() bool { return len(w.steps()) == len(want) }, testTimeout, time.Millisecond)
			require.Equal(t, want, w.steps())
			mu.Lock()
			defer mu.Unlock()
			for _, e := range events {
				require.Equal(t, e.Op == client.OpReadReady, e.Correlation == 3)
				wrong := e.Op == client.OpDoubt || name == "a wrong reply" && e.Op == client.OpReadReply
				require.Equal(t, wrong, e.Err != nil, "%v", e)
			}
		})
	}
}

// Until Trace has returned from a step nothing follows from the step: a Read and a Write
// that wait for it do not return, and the client connects nowhere.
func TestStepIsTracedBeforeAnythingFollows(t *testing.T) {
	for name, test := range map[string]struct {
		op      client.Op
		script  func(elsewhere string) []byte
		outcome client.Outcome
	}{
		"adopted":                       {client.OpReadReady, func(string) []byte { return join(readyFrame(t), []byte("x")) }, client.Adopted},
		"fallback":                      {client.OpReadFallback, fallbackFrame, client.Reconnected},
		"fallback without an address":   {client.OpReadFallback, func(string) []byte { return fallbackFrame("") }, client.Failed},
		"in doubt":                      {client.OpDoubt, func(string) []byte { return []byte("?") }, client.Failed},
		"reconnected":                   {client.OpReconnect, fallbackFrame, client.Reconnected},
		"nobody at the other address":   {client.OpReconnect, func(string) []byte { return fallbackFrame("refused") }, client.Failed},
		"refused":                       {client.OpReadReply, nil, client.Failed},
		"the reply names where to dial": {client.OpReadReply, replyNotHandedOver, client.Reconnected},
	} {
		t.Run(name, func(t *testing.T) {
			elsewhere := echoServer(t, "hello")
			script := replyRefused(0)
			switch {
			case test.script != nil && test.op == client.OpReadReply:
				script = test.script(elsewhere.address)
			case test.script != nil:
				script = join(replyHandedOver(t, time.Minute, ""), test.script(elsewhere.address))
			}
			w := newFixture(t, scriptedBroker(t, script))
			w.dialer.ReplayLimit = -1 // Write waits for the outcome, too
			stopped, goOn := make(chan struct{}), make(chan struct{})
			w.dialer.Trace = func(e client.Event) {
				if e.Op == test.op {
					close(stopped)
					<-goOn
				}
			}
			c := w.dial()
			reading, writing := readByte(c), writeByte(c)
			receive(t, stopped)
			select {
			case <-reading:
				t.Error("a Read returned before the step was traced")
			case <-writing:
				t.Error("a Write returned before the step was traced")
			case <-time.After(20 * time.Millisecond):
			}
			if test.op != client.OpReconnect {
				require.Zero(t, elsewhere.count.Load(), "it reconnected before the step was traced")
			}
			close(goOn)
			succeeds := test.outcome != client.Failed
			require.Equal(t, succeeds, receive(t, reading) == nil)
			require.Equal(t, succeeds, receive(t, writing) == nil)
			require.Equal(t, test.outcome, c.Outcome())
		})
	}
}

// Trace is called outside locks: it may call every method of the connection but Read and
// Write.
func TestTraceMayUseTheConnection(t *testing.T) {
	elsewhere := echoServer(t, "")
	script := map[client.Op][]byte{
		client.OpReadReady:    join(replyHandedOver(t, time.Minute, ""), readyFrame(t)),
		client.OpReadFallback: join(replyHandedOver(t, time.Minute, ""), fallbackFrame(elsewhere.address)),
		client.OpReconnect:    join(replyHandedOver(t, time.Minute, ""), fallbackFrame(elsewhere.address)),
		client.OpDoubt:        []byte("?"),
	}
	script[client.OpWrite] = script[client.OpReadReady]
	script[client.OpReadReply] = script[client.OpReadReady]
	for op, said := range script {
		t.Run(string(op), func(t *testing.T) {
			w := newFixture(t, scriptedBroker(t, said))
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

// A Trace that blocks in one goroutine blocks no other: deadlines and Close still end their
// calls.
func TestTraceThatBlocksStopsNobodyElse(t *testing.T) {
	w := newFixture(t, scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), readyFrame(t))))
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
	mustWrite(t, c, "goes on")
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

func TestOutcomeString(t *testing.T) {
	require.Equal(t, client.Pending, *new(client.Outcome))
	for outcome, name := range map[client.Outcome]string{
		client.Pending: "pending", client.Adopted: "adopted", client.Reconnected: "reconnected", client.Failed: "failed", 9: "Outcome(9)",
	} {
		require.Equal(t, name, outcome.String())
	}
}
