package broker_test

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
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The bytes of the reference, for the token 00 01 .. 0f and its service.
const (
	referenceService = "zccache"
	referenceToken   = "000102030405060708090a0b0c0d0e0f"
	referenceOffer   = "0127000000080118ffa103221d1210" + referenceToken + "1a077a6363616368652001" + "2801"
	referenceAck     = "01220000000801100118ffa10322160a10" + referenceToken + "100120012801"
	referenceReady   = "01220000000801100218ffa10322160a10" + referenceToken + "100120012801"
)

// counting is a random source whose first token is the reference's.
type counting struct{}

func (counting) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(i)
	}
	return len(b), nil
}

// unixPair returns the two ends of a Unix stream.
func unixPair(t *testing.T) (a, b *net.UnixConn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	var ends []*net.UnixConn
	for _, fd := range fds {
		f := os.NewFile(uintptr(fd), "")
		c, err := net.FileConn(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		t.Cleanup(func() { c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(hang)))
		ends = append(ends, c.(*net.UnixConn))
	}
	return ends[0], ends[1]
}

func reference(t *testing.T, o broker.Options) *world {
	o.Rand = counting{}
	return newWorld(t, o)
}

type referred struct {
	broker.Outcome
	err error
}

// refer begins a handoff in the reference's form and returns the backend's end.
func (w *world) refer(ctx context.Context, conn net.Conn) (*net.UnixConn, <-chan referred) {
	w.t.Helper()
	ours, theirs := unixPair(w.t)
	ready, err := registry.ParseToken(mustHex(w.t, referenceToken))
	require.NoError(w.t, err)
	done := make(chan referred, 1)
	go func() {
		o, err := w.broker.HandoffReference(ctx, conn, ours, broker.Request{Service: referenceService}, ready)
		done <- referred{o, err}
	}()
	return theirs, done
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// receiveToken reads the 16 bytes and the one descriptor, as the reference does.
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

func TestReferenceFormByteForByte(t *testing.T) {
	w := reference(t, patient())
	client, server := tcpPair(t)
	link, done := w.refer(context.Background(), server)
	token, fd := receiveToken(t, link)
	require.Equal(t, referenceToken, hex.EncodeToString(token))
	offer := make([]byte, 44)
	_, err := io.ReadFull(link, offer)
	require.NoError(t, err)
	require.Equal(t, referenceOffer, hex.EncodeToString(offer))
	_, err = link.Write(mustHex(t, referenceAck))
	require.NoError(t, err)
	r := <-done
	require.NoError(t, r.err)
	require.Equal(t, broker.Adopted, r.Kind)
	require.Equal(t, os.Getpid(), r.Backend.PID)
	ready := make([]byte, 39)
	_, err = io.ReadFull(client, ready)
	require.NoError(t, err)
	require.Equal(t, referenceReady, hex.EncodeToString(ready))
	require.NoError(t, unix.Close(fd))
	_, err = client.Read(ready)
	require.ErrorIs(t, err, io.EOF)
	_, err = link.Read(ready)
	require.ErrorIs(t, err, io.EOF) // one handoff a link
}

func TestReferenceAckThatDripsIsFencedAtItsDeadline(t *testing.T) {
	w := reference(t, quick())
	client, server := tcpPair(t)
	link, done := w.refer(context.Background(), server)
	_, fd := receiveToken(t, link)
	defer unix.Close(fd)
	ack := mustHex(t, referenceAck)
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
	require.EqualValues(t, 1, w.broker.Stats().Registry.Expired)
}

func TestReferenceAnswers(t *testing.T) {
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
		"another token":       {strings.Replace(string(mustHex(t, referenceAck)), "\x05\x06", "\x06\x05", 1), broker.Fenced, false, fallback.IntegrityMismatch},
		"another correlation": {strings.Replace(string(mustHex(t, referenceAck)), " \x01(\x01", " \x02(\x02", 1), broker.Fenced, false, fallback.IntegrityMismatch},
		"another message":     {string(mustHex(t, referenceReady)), broker.Fenced, false, fallback.IntegrityMismatch},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := reference(t, patient())
			_, server := tcpPair(t)
			link, done := w.refer(context.Background(), server)
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

func TestReferenceHandoffThatCannotWaitFences(t *testing.T) {
	w := reference(t, patient())
	_, server := tcpPair(t)
	ctx, cancel := context.WithCancel(context.Background())
	link, done := w.refer(ctx, server)
	_, fd := receiveToken(t, link)
	defer unix.Close(fd)
	cancel()
	r := <-done
	require.ErrorIs(t, r.err, context.Canceled)
	require.Equal(t, broker.Fenced, r.Kind)
	require.EqualValues(t, 1, w.broker.Stats().Registry.Abandoned)
}

func TestReferenceFormBothWays(t *testing.T) {
	w := newWorld(t, patient())
	path := filepath.Join(t.TempDir(), "reference")
	ln, err := backend.ListenReference(listenUnix(t, path), referenceService, backend.Options{})
	require.NoError(t, err)
	go echo("old", ln)
	for range 20 {
		client, server := tcpPair(t)
		link, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		require.NoError(t, err)
		o, err := w.broker.HandoffReference(context.Background(), server, link, broker.Request{Service: referenceService}, registry.Token{})
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
