package client_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

// Writes within the limit return at once; one byte more waits for the outcome, and follows.
func TestReplayLimit(t *testing.T) {
	elsewhere := echoServer(t, "")
	for name, limit := range map[string]int{"of 64 KiB": 0, "of 5": 5, "of nothing": -1} {
		for outcome, said := range map[client.Outcome][]byte{client.Adopted: readyFrame(t), client.Reconnected: fallbackFrame(elsewhere.address)} {
			t.Run(fmt.Sprint(name, ", ", outcome), func(t *testing.T) {
				p, verdict := delayedBroker(t)
				w := newFixture(t, p)
				w.dialer.ReplayLimit = limit
				c := w.dial()
				size := map[int]int{0: client.DefaultReplayLimit, 5: 5, -1: 0}[limit]
				text := bytes.Repeat([]byte("0123456789abcdef"), 1+size/16)[:size+1]
				n, err := c.Write(text[:size]) // returns, though there is no verdict
				require.NoError(t, err)
				require.Equal(t, size, n)
				require.Equal(t, client.Pending, c.Outcome())
				waits := async(func() error {
					_, err := c.Write(text[size:])
					return err
				})
				require.Eventually(t, func() bool { return w.traced(client.OpReadReply) }, testTimeout, time.Millisecond)
				select {
				case <-waits:
					require.Fail(t, "a Write beyond the limit returned")
				case <-time.After(10 * time.Millisecond):
				}
				verdict <- said // only the Write reads frames
				require.NoError(t, receive(t, waits))
				require.Equal(t, outcome, c.Outcome())
				wantRead(t, c, string(text))
				require.NoError(t, c.CloseWrite())
				rest, err := io.ReadAll(c)
				require.NoError(t, err)
				require.Empty(t, rest)
			})
		}
	}
}

// Many goroutines write records while the connection is handed over or closed for a fallback: the
// reader gets each record once, whole, and those of one writer in order.
func TestWritesStayWholeAndAreReadOnce(t *testing.T) {
	for _, outcome := range []client.Outcome{client.Adopted, client.Reconnected} {
		for round := range 10 {
			t.Run(fmt.Sprint(outcome, " ", round), func(t *testing.T) { writeRecords(t, outcome) })
		}
	}
}

func writeRecords(t *testing.T, outcome client.Outcome) {
	const writers, records = 4, 50
	got := make(chan []byte, 1)
	collect := func(c *net.TCPConn) {
		all, _ := io.ReadAll(c)
		got <- all
	}
	elsewhere := serveTCP(t, collect)
	pause := time.Duration(rand.IntN(3000)) * time.Microsecond
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(replyHandedOver(t, time.Minute, elsewhere.address))
		time.Sleep(pause)
		if outcome == client.Adopted {
			_, _ = c.Write(readyFrame(t))
			collect(c)
			return
		}
		_, _ = c.Write(fallbackFrame(""))
		_, _ = io.Copy(io.Discard, c)
	}))
	w.dialer.ReplayLimit = 1 + rand.IntN(20_000)
	c := w.dial()
	reading := readByte(c)
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for i := range records {
				record := append([]byte{byte(writer), byte(i)}, bytes.Repeat([]byte{byte(writer)}, 198)...)
				n, err := c.Write(record)
				if err != nil || n != len(record) {
					t.Errorf("%d bytes written: %v", n, err)
				}
			}
		})
	}
	all.Wait()
	require.NoError(t, c.CloseWrite())
	require.ErrorIs(t, receive(t, reading), io.EOF)
	require.Equal(t, outcome, c.Outcome())
	stream := receive(t, got)
	require.Len(t, stream, writers*records*200)
	var next [writers]byte
	for record := range slices.Chunk(stream, 200) {
		writer := record[0]
		require.Equal(t, next[writer], record[1])
		require.Equal(t, bytes.Repeat([]byte{writer}, 198), record[2:])
		next[writer]++
	}
}

// slowConn is a connection whose writes after the first, the hello, return only when wait is closed.
type slowConn struct {
	*countedConn
	writes atomic.Int64
	wait   <-chan struct{}
}

func (c *slowConn) Write(b []byte) (int, error) {
	n, err := c.countedConn.Write(b)
	if c.writes.Add(1) > 1 {
		<-c.wait
	}
	return n, err
}

// A Write during which the outcome becomes known: its bytes are read once, by the owner or on the new
// connection.
func TestWriteDuringTheOutcome(t *testing.T) {
	elsewhere := echoServer(t, "")
	for _, outcome := range []client.Outcome{client.Adopted, client.Reconnected} {
		t.Run(outcome.String(), func(t *testing.T) {
			p, verdict := delayedBroker(t)
			w := newFixture(t, p)
			overtaken := make(chan struct{})
			connect := w.dialer.Connect
			w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := connect(ctx, network, address)
				if err != nil || address == elsewhere.address {
					return c, err
				}
				return &slowConn{countedConn: c.(*countedConn), wait: overtaken}, nil
			}
			steps := w.dialer.Trace
			w.dialer.Trace = func(e client.Event) {
				switch steps(e); e.Op {
				case client.OpReadReady, client.OpReadFallback:
					close(overtaken)
				}
			}
			c := w.dial()
			text := strings.Repeat("0123456789", 10)
			writing := async(func() string {
				n, err := io.WriteString(c, text)
				return fmt.Sprint(n, err)
			})
			if outcome == client.Adopted {
				verdict <- readyFrame(t)
			} else {
				verdict <- fallbackFrame(elsewhere.address)
			}
			wantRead(t, c, text)
			require.Equal(t, "100 <nil>", receive(t, writing))
			require.NoError(t, c.CloseWrite())
			rest, err := io.ReadAll(c)
			require.NoError(t, err)
			require.Empty(t, rest)
		})
	}
}

// A broker that writes fallback and closes does not make the user's writes fail, even if the user
// never reads.
func TestWriteAfterTheBrokerClosed(t *testing.T) {
	got := make(chan []byte, 1)
	elsewhere := serveTCP(t, func(c *net.TCPConn) {
		all, _ := io.ReadAll(c)
		got <- all
	})
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(join(replyHandedOver(t, time.Minute, ""), fallbackFrame(elsewhere.address)))
	}))
	c := w.dial()
	var text []byte
	require.Eventually(t, func() bool {
		_, err := c.Write([]byte("line\n"))
		require.NoError(t, err)
		text = append(text, "line\n"...)
		return c.Outcome() == client.Reconnected
	}, testTimeout, time.Millisecond) // the kernel reports the close at the second write or soon after
	mustWrite(t, c, "last")
	require.NoError(t, c.Close())
	require.Equal(t, string(text)+"last", string(receive(t, got)))
}

// Without a fallback Write returns an InDoubtError.
func TestWriteAfterTheBrokerDied(t *testing.T) {
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) { _, _ = c.Write(replyHandedOver(t, time.Minute, "")) }))
	c := w.dial()
	var doubt *client.InDoubtError
	require.Eventually(t, func() bool {
		_, err := c.Write([]byte("line\n"))
		if err == nil {
			return false
		}
		require.ErrorAs(t, err, &doubt)
		return true
	}, testTimeout, time.Millisecond)
	require.Positive(t, doubt.Written)
	require.ErrorIs(t, c.CloseWrite(), doubt)
}
