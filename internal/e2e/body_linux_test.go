package e2e_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

// A large body arrives whole, in both directions, whether the client knows of brokers or
// not. What an explicit client keeps, to write it again, has an end long before.
func TestLargeBodiesArriveWhole(t *testing.T) {
	n := int64(*body) << 20
	there, err := checksum(noise("question"), n)
	require.NoError(t, err)
	back, err := checksum(noise("answer"), n)
	require.NoError(t, err)
	w, address, backends := webWorld(t)
	explicit := client.Dialer{Network: "unix", Address: w.serve("unix", nil), Service: web}
	for range 2 { // one for each backend
		for kind, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
			"explicit": explicit.DialContext,
			"plain":    func(context.Context, string, string) (net.Conn, error) { return net.Dial("tcp", address) },
		} {
			transport := &http.Transport{DialContext: dial, WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10}
			request, err := http.NewRequest(http.MethodPost, "http://web/body", io.LimitReader(noise("question"), n))
			require.NoError(t, err)
			request.ContentLength = n
			began := time.Now()
			r, err := transport.RoundTrip(request)
			require.NoError(t, err)
			sum, err := checksum(r.Body, n)
			require.NoError(t, err)
			rest, err := io.Copy(io.Discard, r.Body)
			require.NoError(t, err)
			require.NoError(t, r.Body.Close())
			require.Zero(t, rest)
			require.Equal(t, there, r.Header.Get("Body-Sum"), "what the backend read")
			require.Equal(t, back, sum, "what the client read")
			t.Logf("%s: %d MiB each way in %v", kind, n>>20, time.Since(began).Round(time.Millisecond))
			transport.CloseIdleConnections()
		}
	}
	require.EqualValues(t, 4, w.settled(backends))
}

// serveSums reads each connection to its end, and then answers how much that was and its
// checksum.
func serveSums(args []string) error {
	var requests atomic.Int64
	return asBackend(args[0], args[1], backend.Options{}, requests.Load, func(ln net.Listener) error {
		var all sync.WaitGroup
		defer all.Wait()
		for {
			c, err := ln.Accept()
			if err != nil {
				return notClosed(err)
			}
			all.Go(func() {
				defer c.Close()
				sum := sha256.New()
				if n, err := io.Copy(sum, c); err == nil {
					requests.Add(1)
					fmt.Fprintf(c, "%d %x", n, sum.Sum(nil))
				}
			})
		}
	})
}

// A client that ends its direction is read to the end, and still answered: before the
// broker has looked at it, or long after.
func TestHalfClosePassesThrough(t *testing.T) {
	w := newWorld(t, patient())
	plain := w.serve("tcp", route.Fixed("sums"))
	explicit := client.Dialer{Network: "unix", Address: w.serve("unix", nil), Service: "sums"}
	p := start(t, "sums", w.control, "sums")
	var asked int64
	sizes := []int64{0, 1, client.DefaultReplayLimit, client.DefaultReplayLimit + 1, 10 << 20}
	for _, size := range sizes {
		want, err := checksum(noise("question"), size)
		require.NoError(t, err)
		for kind, dial := range map[string]func() (net.Conn, error){
			"plain":    func() (net.Conn, error) { return net.Dial("tcp", plain) },
			"explicit": func() (net.Conn, error) { return explicit.DialContext(context.Background(), "", "") },
		} {
			for range 10 {
				c, err := dial()
				require.NoError(t, err)
				require.NoError(t, c.SetDeadline(time.Now().Add(hang)))
				n, err := io.Copy(c, io.LimitReader(noise("question"), size))
				require.NoError(t, err)
				require.Equal(t, size, n)
				require.NoError(t, c.(interface{ CloseWrite() error }).CloseWrite())
				answer, err := io.ReadAll(c)
				require.NoError(t, err, "%s, %d bytes", kind, size)
				require.Equal(t, strconv.FormatInt(size, 10)+" "+want, string(answer), "%s", kind)
				require.NoError(t, c.Close())
				asked++
			}
		}
	}
	require.Equal(t, asked, w.settled([]*process{p}))
}
