package broker_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func TestStrangersAreNotLinked(t *testing.T) {
	hello := wire.LinkHello{Version: wire.LinkVersion, Service: service}
	cases := map[string]struct {
		say  string
		want wire.ByeReason
	}{
		"garbage":           {"GET / HTTP/1.1\r\n", wire.ByeProtocol},
		"not a hello":       {string((&wire.Draining{}).Append(nil)), wire.ByeProtocol},
		"another version":   {string((&wire.LinkHello{Version: 9, Service: service}).Append(nil)), wire.ByeVersion},
		"another service":   {string((&wire.LinkHello{Version: wire.LinkVersion, Service: "other"}).Append(nil)), wire.ByeForbidden},
		"nothing":           {"", wire.ByeSilent},
		"no answer":         {string(hello.Append(nil)), wire.ByeSilent},
		"an older answer":   {string((&wire.Pong{Nonce: 1}).Append(hello.Append(nil))), wire.ByeProtocol},
		"an enormous frame": {"\x01\x01\x10\x00\x00", wire.ByeProtocol},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			o := patient()
			if test.want == wire.ByeSilent { // the others are answered for what they say
				o.Handshake = 100 * time.Millisecond
			}
			o.Services = map[string]broker.Service{service: {}}
			w := newWorld(t, o)
			p := w.stranger()
			if test.say != "" {
				p.write([]byte(test.say))
			}
			for {
				m := p.read()
				if bye, ok := m.(*wire.Bye); ok {
					require.Equal(t, test.want, bye.Reason, bye.Detail)
					break
				}
				require.IsType(t, &wire.Ping{}, m)
			}
			p.gone()
		})
	}
}

func TestTooManyLinks(t *testing.T) {
	o := patient()
	o.MaxLinks = 1
	w := newWorld(t, o)
	first := w.peer()
	second := w.stranger()
	require.Equal(t, wire.ByeBusy, second.read().(*wire.Bye).Reason)
	second.gone()
	_, err := backend.Listen(context.Background(), w.control, service, backend.Options{})
	var refused *backend.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, wire.ByeBusy, refused.Reason)
	first.die()
	require.Eventually(t, func() bool { return w.broker.Stats().Links == 0 }, hang, time.Millisecond)
	w.peer()
}

// Whether a user may serve a service is decided by the list of the service; without a list only
// the broker's own user may.
func TestUserThatMayNotServe(t *testing.T) {
	own := os.Getuid()
	const nobody, somebody = 65534, 65533
	other := nobody
	if own == nobody {
		other = somebody
	}
	forUIDs := func(t *testing.T, uids []int) *world {
		o := patient()
		o.Services = map[string]broker.Service{service: {UIDs: uids}}
		return newWorld(t, o)
	}
	for claim, test := range map[string]struct {
		uids []int
		want string
	}{
		"without a list":     {nil, "linked"},
		"on the list":        {[]int{other, own}, "linked"},
		"not on the list":    {[]int{other}, "forbidden"},
		"with an empty list": {[]int{}, "forbidden"},
	} {
		t.Run("own user "+claim, func(t *testing.T) {
			answer, err := linkAnswer(forUIDs(t, test.uids).control)
			require.NoError(t, err)
			require.Equal(t, test.want, answer)
		})
	}
	t.Run("another user", func(t *testing.T) {
		if own != 0 { // the subtests above show what can be shown with one user
			t.Skip("only root can run a process as another user")
		}
		require.Equal(t, "forbidden", linkAs(t, forUIDs(t, nil), nobody))
		w := forUIDs(t, []int{nobody})
		require.Equal(t, "linked", linkAs(t, w, nobody))
		require.Equal(t, "forbidden", linkAs(t, w, 0))
	})
}

// linkAs links a backend in a process of another user, and returns what it says.
func linkAs(t *testing.T, w *world, uid uint32) string {
	t.Helper()
	for dir := filepath.Dir(w.control); dir != os.TempDir(); dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755))
	}
	require.NoError(t, os.Chmod(w.control, 0o777))
	command := child(t, "link", w.control)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := command.Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// child is this test binary as another process, in a role of roles.
func child(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	require.NoError(t, err)
	// Another user cannot enter the folder that it was built in.
	copied := filepath.Join(t.TempDir(), "test")
	contents, err := os.ReadFile(binary)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(copied, contents, 0o755))
	for dir := filepath.Dir(copied); dir != os.TempDir(); dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755))
	}
	command := exec.Command(copied, args...)
	command.Env = append(os.Environ(), "HANDOFF_ROLE="+role)
	command.Stderr = os.Stderr
	return command
}

func TestDrainingBackendIsOfferedNothing(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	p.send(&wire.Draining{})
	w.sync(p)
	w.echoBackend("two", backend.Options{})
	next := w.dial()
	next.hello(t, "x\n")
	next.ready(t)
	next.hear(t, "two: x")
	p.ack(o)
	p.commit(o)
	bye, ok := p.read().(*wire.Bye) // nothing more will come
	require.True(t, ok)
	require.Equal(t, wire.ByeClosing, bye.Reason)
}

// sync waits until the broker has read everything that p sent.
func (w *world) sync(p *peer) {
	w.t.Helper()
	p.send(&wire.Ping{Nonce: 1})
	_, ok := p.read().(*wire.Pong)
	require.True(w.t, ok)
}

func TestNackOfADrainingBackendStopsOffers(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	p.nack(p.offer(), wire.ReasonDraining)
	require.Equal(t, wire.ReasonBackendRejected, c.fallback(t).Reason)
	c = w.dial()
	c.hello(t, "")
	require.Equal(t, wire.ReasonBackendGone, c.fallback(t).Reason)
}

// An offer that is larger than the room in the backend's queue is written in parts, and
// breaks the link if that takes until its deadline.
func TestOfferPartlyWrittenAtItsDeadlineBreaksTheLink(t *testing.T) {
	o := patient()
	o.AckDeadline = 2 * time.Second // the queue must be full before
	o.MaxPerLink = 1000
	o.Attempts = 1
	o.Handshake = time.Hour // which is how long a backend may leave other things unread
	o.PingInterval = -1
	w := newWorld(t, o)
	p := w.peer()
	results := make(chan broker.Outcome, 100)
	n := 0
	for ; w.trace.count(broker.OpSendOffer) == w.trace.count(broker.OpOfferWritten) && n < 100; n++ {
		_, server := tcpPair(t)
		sent := w.trace.count(broker.OpSendOffer)
		go func() {
			o, err := w.broker.Handoff(t.Context(), server, broker.Request{Service: service, Preface: make([]byte, wire.MaxPreface)})
			if err == nil {
				results <- o
			}
		}()
		require.Eventually(t, func() bool { return w.trace.count(broker.OpSendOffer) > sent || len(results) > n }, hang, time.Millisecond)
	}
	require.Less(t, n, 100, "no offer was ever written in parts")
	for range n {
		o := <-results
		require.Equal(t, broker.Fallback, o.Kind)
		require.False(t, o.Settled) // the peer has their copies
		require.NoError(t, o.Conn.Close())
	}
	require.Eventually(t, func() bool { return w.broker.Stats().Links == 0 }, hang, time.Millisecond)
	_ = p
}

func TestBackendThatReadsSlowlyGetsWholeOffers(t *testing.T) {
	o := patient()
	o.MaxPerLink = 1000
	w := newWorld(t, o)
	p := w.peer()
	results := make(chan broker.Outcome, 100)
	var n int
	for ; n < 100; n++ {
		_, server := tcpPair(t)
		go func() {
			o, _ := w.broker.Handoff(t.Context(), server, broker.Request{Service: service, Preface: make([]byte, wire.MaxPreface)})
			results <- o
		}()
		require.Eventually(t, func() bool { return w.trace.count(broker.OpSendOffer) > n || len(results) > 0 }, hang, time.Millisecond)
		if len(results) > 0 {
			break // the link is full
		}
	}
	full := <-results
	require.Equal(t, fallback.FDPressureDisabled, full.Decision.Reason)
	require.NoError(t, full.Conn.Close())
	for range n {
		o := p.offer()
		require.Len(t, o.Preface, wire.MaxPreface)
		p.ack(o)
	}
	for range n {
		require.Equal(t, broker.Adopted, (<-results).Kind)
	}
}

func TestBrokerRefusesOptionsThatMakeNoSense(t *testing.T) {
	for name, o := range map[string]broker.Options{
		"AckDeadline":   {AckDeadline: -1},
		"SettleTimeout": {SettleTimeout: -1},
		"Attempts":      {Attempts: -1},
		"MaxInFlight":   {MaxInFlight: -1},
		"MaxPerLink":    {MaxPerLink: -1},
		"MaxLinks":      {MaxLinks: -1},
		"MaxWaiting":    {MaxWaiting: -1},
		"FirstBytes":    {FirstBytes: -1},
		"Handshake":     {Handshake: -1},
		"Limit":         {Limit: fallback.Policy{MaxFailures: -1}},
		"Services":      {Services: map[string]broker.Service{"No Name": {}}},
	} {
		_, err := broker.New(o)
		var e *broker.OptionError
		require.ErrorAs(t, err, &e)
		require.Equal(t, name, e.Option)
	}
	_, err := broker.New(broker.Options{Services: map[string]broker.Service{"x": {AckDeadline: -1}}})
	require.Error(t, err)
}

func TestRegistryIsTraced(t *testing.T) {
	// Several goroutines of the broker trace.
	var mu sync.Mutex
	var events []registry.Event
	var refs []uint64
	o := patient()
	o.TraceRegistry = func(e registry.Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	}
	o.Trace = func(e broker.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Op == broker.OpBegin || e.Op == broker.OpAcknowledge {
			refs = append(refs, e.Ref)
		}
	}
	w := newWorld(t, o)
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	offer := p.offer()
	p.ack(offer)
	p.commit(offer)
	<-w.outcomes
	w.shutdown()
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, refs, 2)
	require.Equal(t, registry.OpBegin, events[0].Op)
	require.Equal(t, registry.OpAcknowledge, events[1].Op)
	for i := range refs {
		require.NotZero(t, refs[i])
		require.Equal(t, events[i].Ref, refs[i])
	}
}
