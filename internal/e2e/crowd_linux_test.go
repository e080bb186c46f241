package e2e_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/fallback"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const slow = "slow" // the service of backends that say everything a byte at a time

// crowd is a world with one backend that does what it should, and everybody else.
type crowd struct {
	*world
	silent, dripping int
	plain, explicit  string // where clients connect
	backend          *process
	asked            int

	goroutines, sockets int // before the crowd came
}

func newCrowd(t *testing.T, o broker.Options) *crowd {
	t.Helper()
	c := &crowd{silent: *silent, dripping: *dripping}
	if testing.Short() {
		c.silent, c.dripping = c.silent/10, c.dripping/10
	}
	// Each process of the crowd has a descriptor for each connection, and so has this one.
	if room := descriptors(t, uint64(c.silent+2*c.dripping+500)); room < c.silent+2*c.dripping+500 {
		c.silent = (room - 500) * c.silent / (c.silent + 2*c.dripping)
		c.dripping = (room - 500 - c.silent) / 2
		t.Logf("%d descriptors are allowed, so there are %d silent clients and %d dripping backends", room, c.silent, c.dripping)
	}
	o.Services = map[string]broker.Service{web: {}, slow: {AckDeadline: 200 * time.Millisecond}}
	if o.MaxLinks != 0 {
		o.MaxLinks = c.dripping + 1
	}
	c.world = newWorld(t, o)
	c.plain = c.serve("tcp", route.HTTPHost(map[string]string{"*": web}))
	c.explicit = c.serve("unix", nil)
	c.backend = start(t, web, c.control, web, "sound")
	c.get(1)
	c.resting()
	c.goroutines, c.sockets = runtime.NumGoroutine(), sockets(t)
	return c
}

// descriptors raises the limit of descriptors if it is lower than wanted and that is
// allowed, and returns what it is then.
func descriptors(t *testing.T, want uint64) int {
	t.Helper()
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	if limit.Cur < want {
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: want, Max: max(want, limit.Max)}) // not everybody may
		require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	}
	return int(min(limit.Cur, 1<<30))
}

// get makes n requests of each kind on connections of their own.
func (c *crowd) get(n int) {
	c.t.Helper()
	explicit := client.Dialer{Network: "unix", Address: c.explicit, Service: web}
	for _, dial := range []func(context.Context, string, string) (net.Conn, error){
		explicit.DialContext,
		func(context.Context, string, string) (net.Conn, error) { return net.Dial("tcp", c.plain) },
	} {
		transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
		get(c.t, &http.Client{Transport: transport, Timeout: hang}, n)
		transport.CloseIdleConnections()
		c.asked += n
	}
}

// gone waits until nothing is left of the crowd but what was there before it.
func (c *crowd) gone() {
	c.t.Helper()
	eventually(c.t, func() bool { return c.broker.Stats().Waiting == 0 }, "silent clients are left")
	eventually(c.t, func() bool { return c.broker.Stats().Links == 1 }, "links are left")
	eventually(c.t, func() bool { return runtime.NumGoroutine() <= c.goroutines }, "goroutines are left")
	eventually(c.t, func() bool { return sockets(c.t) <= c.sockets }, "sockets are left open")
	require.Zero(c.t, c.broker.Stats().Descriptors.Open)
	c.get(100)
	require.EqualValues(c.t, c.asked, c.backend.checked().Requests)
}

// come is when all of the crowd are connected: half of the dripping ones in the middle of
// their hello and half linked, half of the silent ones where a hello is waited for and
// half where a request is. How many there are of each is told, too.
func (c *crowd) come(again bool) (processes []*process, numbers []int) {
	c.t.Helper()
	numbers = []int{c.dripping / 2, c.dripping - c.dripping/2, c.silent / 2, c.silent - c.silent/2}
	number := func(i int) string { return strconv.Itoa(numbers[i]) }
	return []*process{
		start(c.t, "drip", c.control, "hello", number(0), strconv.FormatBool(again)),
		start(c.t, "drip", c.control, "ack", number(1), strconv.FormatBool(again)),
		start(c.t, "silent", "unix", c.explicit, number(2)),
		start(c.t, "silent", "tcp", c.plain, number(3)),
	}, numbers
}

// While ten thousand clients say nothing, and a thousand backends say it a byte at a
// time, everybody else is served: they are all there before and after.
func TestCrowdKeepsNobodyWaiting(t *testing.T) {
	const forever = time.Hour
	c := newCrowd(t, broker.Options{AckDeadline: hang, FirstBytes: forever, Handshake: forever, PingInterval: -1, MaxLinks: 1})
	processes, _ := c.come(false)
	there := func() bool {
		s := c.broker.Stats()
		return s.Waiting == c.silent && s.Links == c.dripping+1
	}
	eventually(t, there, "not all of the crowd come")
	c.get(500)
	require.True(t, there(), "they are all still there")

	// A client that wants one of the slow backends gets a fallback, and nothing worse.
	for range 3 {
		fellBack(t, c.explicit)
	}
	require.True(t, there(), "they are all still there")
	for _, p := range processes {
		var did crowded
		p.finish(&did)
		require.Zero(t, did.Ended, "nobody was sent away")
	}
	c.gone()
}

// ended asks a process of the crowd how many the broker has ended.
func (p *process) ended() int {
	p.t.Helper()
	_, err := io.WriteString(p.in, "?\n")
	require.NoError(p.t, err)
	var did crowded
	require.NoError(p.t, json.Unmarshal([]byte(p.line()), &did))
	return did.Ended
}

// fellBack is a client of the slow service, which is told to reconnect.
func fellBack(t *testing.T, address string) {
	t.Helper()
	elsewhere, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer elsewhere.Close()
	d := client.Dialer{Network: "unix", Address: address, Service: slow, Reconnect: elsewhere.Addr().String(), Wait: true}
	c, err := d.DialContext(context.Background(), "", "")
	require.NoError(t, err)
	defer c.Close()
	require.Equal(t, client.Reconnected, c.(*client.Conn).Outcome())
	require.Contains(t, []fallback.Reason{fallback.BackendAckTimeout, fallback.FailedAttemptRateLimited},
		c.(*client.Conn).Decision().Reason)
}

// With the default limits of time and number the broker sends all of them away, however
// often they come again, and everybody else is served meanwhile.
func TestCrowdIsSentAway(t *testing.T) {
	// The one sound backend is not taken for one of them when the machine is busy.
	c := newCrowd(t, broker.Options{AckDeadline: hang, PingInterval: 3 * time.Second})
	before := c.broker.Stats().Closed
	processes, numbers := c.come(true)
	for i, p := range processes {
		for end := time.Now().Add(hang); p.ended() < numbers[i]; c.get(10) {
			require.True(t, time.Now().Before(end), "%v are not sent away", p.Args[1:])
		}
	}
	eventually(t, func() bool { return c.broker.Stats().Closed == before+uint64(c.silent) }, "not all silent clients are counted")
	for _, p := range processes {
		p.finish(new(crowded))
	}
	c.gone()
}
