package client_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

var errCut = errors.New("cut")

// cutConn writes 3 bytes of each Write and fails, once it is told to.
type cutConn struct {
	net.Conn
	cut *atomic.Bool
}

func (c cutConn) Write(b []byte) (int, error) {
	if !c.cut.Load() {
		return c.Conn.Write(b)
	}
	n, err := c.Conn.Write(b[:3])
	return n, errors.Join(err, errCut)
}

// A Write that fails in the middle returns how many bytes it wrote, of both its parts: those that
// it wrote before the outcome was known, and those behind. A caller that got less would write
// bytes twice, one that got more would leave bytes out.
func TestAWriteThatIsCutReturnsWhatItWrote(t *testing.T) {
	for name, before := range map[string]int{"known before": 0, "known in the middle": 4} {
		t.Run(name, func(t *testing.T) {
			p, verdict := delayedBroker(t)
			w := newFixture(t, p)
			w.dialer.ReplayLimit = 4
			var cut atomic.Bool
			connect := w.dialer.Connect
			w.dialer.Connect = func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := connect(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return cutConn{c, &cut}, nil
			}
			if before == 0 {
				verdict <- readyFrame(t)
				w.dialer.Wait = true
			}
			c := w.dial()
			type result struct {
				n   int
				err error
			}
			write := func() result {
				n, err := c.Write([]byte("1234567890"))
				return result{n, err}
			}
			var got result
			if before == 0 {
				cut.Store(true)
				got = write()
			} else {
				writing := async(write)
				require.Eventually(t, func() bool { return w.traced(client.OpWrite) }, testTimeout, time.Millisecond)
				cut.Store(true)
				verdict <- readyFrame(t)
				got = receive(t, writing)
			}
			require.ErrorIs(t, got.err, errCut)
			require.Equal(t, before+3, got.n)
			require.NoError(t, c.Close())
		})
	}
}
