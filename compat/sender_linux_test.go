package compat_test

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/compat"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// counting is a random source whose first token is 00 01 .. 0f.
type counting struct{}

func (counting) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(i)
	}
	return len(b), nil
}

type sent struct {
	broker.Outcome
	err error
}

// handOff begins a handoff and returns the backend's end of its link.
func (w *world) handOff(ctx context.Context, conn net.Conn) (*net.UnixConn, <-chan sent) {
	w.t.Helper()
	ours, theirs := unixPair(w.t)
	ready, err := registry.ParseToken(mustHex(w.t, oldToken))
	require.NoError(w.t, err)
	done := make(chan sent, 1)
	go func() {
		o, err := w.sender.Handoff(ctx, conn, ours, compat.Request{Service: oldService, Ready: ready})
		done <- sent{o, err}
	}()
	return theirs, done
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// receiveToken reads the 16 bytes and the one descriptor, as running-process 4.5.5 does.
func receiveToken(t *testing.T, link *net.UnixConn) (token []byte, fd int) {
	t.Helper()
	token, oob := make([]byte, 16), make([]byte, 64)
	n, oobn, _, _, err := link.ReadMsgUnix(token, oob)
	require.NoError(t, err)
	require.Equal(t, 16, n)
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	require.NoError(t, err)
	require.Len(t, messages, 1)
	fds, err := unix.ParseUnixRights(&messages[0])
	require.NoError(t, err)
	require.Len(t, fds, 1)
	return token, fds[0]
}

func TestHandoffByteForByte(t *testing.T) {
	w := newWorld(t, patient)
	client, server := socktest.TCPPair(t)
	link, done := w.handOff(context.Background(), server)
	token, fd := receiveToken(t, link)
	require.Equal(t, oldToken, hex.EncodeToString(token))
	offer := make([]byte, 44)
	_, err := io.ReadFull(link, offer)
	require.NoError(t, err)
	require.Equal(t, oldOffer, hex.EncodeToString(offer))
	_, err = link.Write(mustHex(t, oldAck))
	require.NoError(t, err)
	r := <-done
	require.NoError(t, r.err)
	require.Equal(t, broker.Adopted, r.Kind)
	require.Equal(t, os.Getpid(), r.Backend.PID)
	ready := make([]byte, 39)
	_, err = io.ReadFull(client, ready)
	require.NoError(t, err)
	require.Equal(t, oldReady, hex.EncodeToString(ready))
	require.NoError(t, unix.Close(fd))
	_, err = client.Read(ready)
	require.ErrorIs(t, err, io.EOF)
	_, err = link.Read(ready)
	require.ErrorIs(t, err, io.EOF) // one handoff a link
}

func TestAckThatDripsIsFencedAtItsDeadline(t *testing.T) {
	w := newWorld(t, quick)
	client, server := socktest.TCPPair(t)
	link, done := w.handOff(context.Background(), server)
	_, fd := receiveToken(t, link)
	defer unix.Close(fd)
	ack := mustHex(t, oldAck)
	var sent int
	for len(done) == 0 {
		if sent < len(ack)-1 {
			if _, err := link.Write(ack[sent : sent+1]); err == nil {
				sent++
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	r := <-done
	require.NoError(t, r.err)
	require.Equal(t, broker.Fenced, r.Kind)
	require.Equal(t, fallback.BackendAckTimeout, r.Decision.Reason)
	_, err := client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.EqualValues(t, 1, w.registry.Stats().Expired)
}

func TestAnswersToAnOffer(t *testing.T) {
	rejected := wire.Ack{CorrelationID: 1, Detail: "no"}
	cases := map[string]struct {
		answer  string
		kind    broker.Kind
		settled bool
		reason  fallback.Reason
	}{
		"a rejection":         {"", broker.Fallback, true, fallback.BackendRejected},
		"the end":             {"-", broker.Fallback, false, fallback.BackendGone},
		"garbage":             {"GET / HTTP/1.1\r\n", broker.Fenced, false, fallback.IntegrityMismatch},
		"another token":       {strings.Replace(string(mustHex(t, oldAck)), "\x05\x06", "\x06\x05", 1), broker.Fenced, false, fallback.IntegrityMismatch},
		"another correlation": {strings.Replace(string(mustHex(t, oldAck)), " \x01(\x01", " \x02(\x02", 1), broker.Fenced, false, fallback.IntegrityMismatch},
		"another message":     {string(mustHex(t, oldReady)), broker.Fenced, false, fallback.IntegrityMismatch},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, patient)
			_, server := socktest.TCPPair(t)
			link, done := w.handOff(context.Background(), server)
			token, fd := receiveToken(t, link)
			require.NoError(t, unix.Close(fd))
			switch test.answer {
			case "":
				m := rejected
				var err error
				m.Token, err = registry.ParseToken(token)
				require.NoError(t, err)
				_, err = link.Write(m.Append(nil))
				require.NoError(t, err)
			case "-":
				require.NoError(t, link.Close())
			default:
				_, err := io.WriteString(link, test.answer)
				require.NoError(t, err)
			}
			r := <-done
			require.NoError(t, r.err)
			require.Equal(t, test.kind, r.Kind)
			require.Equal(t, test.reason, r.Decision.Reason)
			require.Equal(t, test.settled, r.Settled)
			require.Equal(t, test.kind == broker.Fallback, r.Conn != nil)
			if r.Conn != nil {
				require.NoError(t, r.Conn.Close())
			}
		})
	}
}

func TestHandoffThatCannotWaitFences(t *testing.T) {
	w := newWorld(t, patient)
	_, server := socktest.TCPPair(t)
	ctx, cancel := context.WithCancel(context.Background())
	link, done := w.handOff(ctx, server)
	_, fd := receiveToken(t, link)
	defer unix.Close(fd)
	cancel()
	r := <-done
	require.ErrorIs(t, r.err, context.Canceled)
	require.Equal(t, broker.Fenced, r.Kind)
	require.EqualValues(t, 1, w.registry.Stats().Abandoned)
}

func TestBothSidesTogether(t *testing.T) {
	w := newWorld(t, patient)
	path := filepath.Join(t.TempDir(), "control")
	ln, err := compat.Listen(listenUnix(t, path), oldService, compat.Options{})
	require.NoError(t, err)
	go socktest.EchoLines("old", ln)
	for range 20 {
		client, server := socktest.TCPPair(t)
		link, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		require.NoError(t, err)
		o, err := w.sender.Handoff(context.Background(), server, link, compat.Request{Service: oldService})
		require.NoError(t, err)
		require.Equal(t, broker.Adopted, o.Kind)
		_, err = io.WriteString(client, "hello\n")
		require.NoError(t, err)
		hear(t, client, "old: hello")
	}
	require.NoError(t, ln.Close())
	d := ln.Descriptors()
	require.Equal(t, backend.Descriptors{Opened: 20, Adopted: 20}, d)
}
