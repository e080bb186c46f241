package broker

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/stretchr/testify/require"
)

// A step that the state of a transfer does not allow can come from a defect of this package only. It
// costs the one connection, and tells so, whatever the step and the state.

// inState returns a transfer of a connection over loopback in a state that it did not reach by steps,
// and the client's end.
func inState(t *testing.T, b *Broker, state transferState) (*transfer, net.Conn) {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	require.NoError(t, client.SetDeadline(time.Now().Add(time.Minute)))
	server, err := ln.AcceptTCP()
	require.NoError(t, err)
	conn, err := b.takenConn(server)
	require.NoError(t, err)
	return &transfer{b: b, request: Request{Service: "web"}, conn: conn, began: time.Now(), state: state}, client
}

func TestIllegalStepFencesTheConnection(t *testing.T) {
	for state := transferOffering; state <= transferEnded; state++ {
		for _, step := range steps(t) {
			if _, allowed := state.after(step); allowed {
				continue
			}
			var logged bytes.Buffer
			b, err := New(Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
			require.NoError(t, err)
			transfer, client := inState(t, b, state)
			require.False(t, transfer.advance(step), "%s in %s", step, state)
			require.Equal(t, transferFenced, transfer.state)
			require.Contains(t, logged.String(), "level=ERROR")
			require.Contains(t, logged.String(), "step="+string(step)+" state="+state.String())
			_, err = client.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
			require.Zero(t, b.Stats().Descriptors.Open)
			require.False(t, transfer.advance(step), "no step leads out of it")
			require.EqualValues(t, 1, b.Stats().Descriptors.Closed, "it is closed once")
		}
	}
}

// Every way by which a transfer can end counts the connection as fenced, and does nothing with it.
func TestIllegalStepIsCountedAsFenced(t *testing.T) {
	proxy, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer proxy.Close()
	token, err := randomToken()
	require.NoError(t, err)
	none := fallback.Decision{}
	ends := map[string]func(*transfer){
		"given back to its caller": func(x *transfer) { x.fromHandoff = true; x.finish(x.giveUp(none, true)) },
		"told to reconnect":        func(x *transfer) { x.ready = token; x.finish(x.giveUp(none, true)) },
		"told by the reply":        func(x *transfer) { x.endByReply(none) },
		"proxied":                  func(x *transfer) { x.request.Proxy = proxy.Addr().String(); x.finish(x.giveUp(none, true)) },
		"ended":                    func(x *transfer) { x.finish(x.giveUp(none, true)) },
		"decided twice":            func(x *transfer) { x.deliver(result{step: OpAcknowledge}) },
		"taken back":               func(x *transfer) { x.finish(x.proceed(context.Background(), result{step: OpExpire})) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			var outcomes []Outcome
			b, err := New(Options{OnOutcome: func(o Outcome) { outcomes = append(outcomes, o) }})
			require.NoError(t, err)
			x, client := inState(t, b, transferAdopted)
			require.True(t, b.enter())
			require.Zero(t, x.admit())
			end(x)
			require.Len(t, outcomes, 1)
			require.Equal(t, Fenced, outcomes[0].Kind)
			require.Nil(t, outcomes[0].Conn)
			if name == "decided twice" { // by an ACK, which comes with no reason; a zero one means adopted
				require.Equal(t, fallback.BackendAckTimeout, outcomes[0].Decision.Reason)
			}
			_, err = client.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
			s, err := b.Shutdown(context.Background())
			require.NoError(t, err)
			require.EqualValues(t, 1, s.Fenced)
			require.Zero(t, s.InFlight)
			require.Zero(t, s.Descriptors.Open)
		})
	}
}

func TestIllegalOfferIsNotSent(t *testing.T) {
	b, err := New(Options{})
	require.NoError(t, err)
	x, client := inState(t, b, transferReturned)
	l := &link{b: &b.shared, service: b.service("web"), attempts: newAttemptTable()}
	sent, _ := x.offerTo(l) // the link has no socket: to send would panic
	require.Equal(t, giveUp, sent)
	require.Zero(t, b.Stats().Registry.Pending)
	_, err = client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}
