package client_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/fallback"
	"github.com/stretchr/testify/require"
)

// patient returns options with an ACK deadline that a busy machine does not exceed.
func patient() broker.Options { return broker.Options{AckDeadline: testTimeout} }

func TestBackendAdopts(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		for _, wait := range []bool{false, true} {
			t.Run(fmt.Sprint(network, ", wait ", wait), func(t *testing.T) {
				r := newRoles(t, network, patient())
				r.backend(lineServer("backend"))
				r.dialer.Wait = wait
				c := r.dial()
				require.Equal(t, wait, c.Outcome() == client.Adopted)
				mustWrite(t, c, "first\n") // without waiting for ready
				wantRead(t, c, "backend: first\n")
				require.Equal(t, client.Adopted, c.Outcome())
				mustWrite(t, c, "second\n")
				wantRead(t, c, "backend: second\n")
				require.NoError(t, c.CloseWrite())
				rest, err := io.ReadAll(c)
				require.NoError(t, err)
				require.Empty(t, rest)
			})
		}
	}
}

// Every client reads what a backend writes as soon as it owns the connection.
func TestEveryClientReadsABackendThatWritesFirst(t *testing.T) {
	r := newRoles(t, "unix", patient())
	r.backend(func(c net.Conn) { _, _ = io.WriteString(c, "at once") })
	for range 200 {
		c := r.dial()
		wantRead(t, c, "at once")
		require.Equal(t, client.Adopted, c.Outcome())
		require.NoError(t, c.Close())
	}
	require.Eventually(t, func() bool { return r.broker.Stats().Registry.Acknowledged == 200 }, testTimeout, time.Millisecond)
	require.Zero(t, r.broker.Stats().Fallback)
}

func TestNoBackend(t *testing.T) {
	o := patient()
	r := newRoles(t, "tcp", o)
	r.dialer.Reconnect = r.elsewhere(lineServer("elsewhere"))
	c := r.dial()
	mustWrite(t, c, "first\n")
	wantRead(t, c, "elsewhere: first\n")
	require.Equal(t, client.Reconnected, c.Outcome())
	require.Equal(t, fallback.BackendGone, c.Decision().Reason)
}

// A backend that does not acknowledge in time does not own the connection: the request is replayed
// elsewhere, and answered once.
func TestRequestIsAnsweredOnceAfterExpiry(t *testing.T) {
	r := newRoles(t, "unix", broker.Options{AckDeadline: 50 * time.Millisecond})
	r.backend(nil)
	var served atomic.Int64
	r.dialer.Reconnect = r.elsewhere(func(c net.Conn) {
		served.Add(1)
		lineServer("elsewhere")(c)
	})
	c := r.dial()
	mustWrite(t, c, "first\n")
	wantRead(t, c, "elsewhere: first\n")
	require.Equal(t, client.Reconnected, c.Outcome())
	require.Equal(t, fallback.BackendAckTimeout, c.Decision().Reason)
	mustWrite(t, c, "second\n")
	require.NoError(t, c.CloseWrite())
	rest, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, "elsewhere: second\n", string(rest)) // no answer comes twice
	require.EqualValues(t, 1, served.Load())
	require.EqualValues(t, 1, r.broker.Stats().Registry.Expired)
}

func TestBrokerRefuses(t *testing.T) {
	o := patient()
	o.Services = map[string]broker.Service{"another": {}}
	r := newRoles(t, "unix", o)
	c := r.dial()
	_, err := c.Read(make([]byte, 1))
	var no *client.RefusedError
	require.ErrorAs(t, err, &no)
	require.Equal(t, fallback.ServicePolicyDisabled, no.Fallback().Reason)
}

func TestServiceIsNotHandedOver(t *testing.T) {
	o := patient()
	o.Services = map[string]broker.Service{service: {Disabled: true}}
	o.Reconnect = echoServer(t, "elsewhere: ").address
	r := newRoles(t, "unix", o)
	c := r.dial()
	mustWrite(t, c, "first")
	wantRead(t, c, "elsewhere: first")
}

// net/http on both ends, with keep-alive, and with bodies below and above the replay limit.
func TestHTTPTransport(t *testing.T) {
	for _, outcome := range []client.Outcome{client.Adopted, client.Reconnected} {
		t.Run(outcome.String(), func(t *testing.T) {
			r := newRoles(t, "unix", patient())
			server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n, err := io.Copy(io.Discard, r.Body)
				fmt.Fprintf(w, "%s %d %v", r.URL.Path, n, err)
			})}
			conns := make(chan net.Conn)
			done := async(func() error { return server.Serve(&connListener{conns: conns, done: make(chan struct{})}) })
			defer func() {
				require.NoError(t, server.Close())
				require.ErrorIs(t, receive(t, done), http.ErrServerClosed)
			}()
			ended := func(c net.Conn) { // returns when the server closes c
				one := &notifyingConn{Conn: c, done: make(chan struct{})}
				conns <- one
				<-one.done
			}
			if outcome == client.Adopted {
				r.backend(ended)
			} else {
				r.dialer.Reconnect = r.elsewhere(ended)
			}
			requests(t, &r.dialer)
		})
	}
}

func requests(t *testing.T, dialer *client.Dialer) {
	transport := &http.Transport{DialContext: dialer.DialContext}
	defer transport.CloseIdleConnections()
	web := http.Client{Transport: transport, Timeout: testTimeout}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 25 {
				size := i * 10_000
				url := fmt.Sprintf("http://%s/%d-%d", service, worker, i)
				response, err := web.Post(url, "text/plain", strings.NewReader(strings.Repeat("x", size)))
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(response.Body)
				response.Body.Close()
				if want := fmt.Sprintf("/%d-%d %d <nil>", worker, i, size); err != nil || string(body) != want {
					t.Errorf("%s, %v, want %s", body, err, want)
				}
			}
		})
	}
	all.Wait()
}

// connListener is a listener whose Accept returns the connections of a channel.
type connListener struct {
	conns   chan net.Conn
	closing sync.Once
	done    chan struct{}
}

func (h *connListener) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *connListener) Close() error {
	h.closing.Do(func() { close(h.done) })
	return nil
}

func (h *connListener) Addr() net.Addr { return &net.UnixAddr{Name: "handed", Net: "unix"} }

// notifyingConn closes done when the connection is closed.
type notifyingConn struct {
	net.Conn
	closing sync.Once
	done    chan struct{}
}

func (c *notifyingConn) Close() error {
	c.closing.Do(func() { close(c.done) })
	return c.Conn.Close()
}
