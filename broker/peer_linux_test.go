package broker_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// peer is a backend made by hand, which does what a test tells it to, right or wrong.
type peer struct {
	t    *testing.T
	conn *net.UnixConn
	link *fdpass.Link
	in   *wire.Decoder
	fds  []int
	open map[int]bool
	mode wire.Mode
}

// offer is an offer that a peer has read, with the copy that came with it.
type offer struct {
	wire.Offer
	fd int
}

func (o offer) name() wire.Attempt {
	return wire.Attempt{Token: o.Token, CorrelationID: o.CorrelationID}
}

// peer links a hand-made backend of the same time namespace.
func (w *world) peer() *peer {
	w.t.Helper()
	p := w.stranger()
	dev, ino, err := fdpass.TimeNamespace()
	require.NoError(w.t, err)
	p.send(&wire.LinkHello{Version: wire.LinkVersion, Service: service, TimeNamespace: wire.TimeNamespace{Device: dev, Inode: ino}})
	p.challenge()
	p.welcome()
	require.Equal(w.t, wire.ModeLease, p.mode)
	return p
}

// stranger connects to the control socket and says nothing yet.
func (w *world) stranger() *peer {
	w.t.Helper()
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: w.control, Net: "unix"})
	require.NoError(w.t, err)
	link, err := fdpass.NewLink(c, nil)
	require.NoError(w.t, err)
	p := &peer{t: w.t, conn: c, link: link, in: wire.NewDecoder(wire.MaxOffer), open: map[int]bool{}}
	w.t.Cleanup(p.die)
	return p
}

func (p *peer) challenge() {
	p.t.Helper()
	ping, ok := p.read().(*wire.Ping)
	require.True(p.t, ok)
	clock, err := fdpass.Clock()
	require.NoError(p.t, err)
	p.send(&wire.Pong{Nonce: ping.Nonce, Clock: uint64(clock)})
}

func (p *peer) welcome() {
	p.t.Helper()
	m, ok := p.read().(*wire.Welcome)
	require.True(p.t, ok)
	p.mode = m.Mode
}

func (p *peer) send(m wire.Message) {
	p.t.Helper()
	p.write(m.Append(nil))
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	_, err := p.link.SendAll(b, -1, time.Now().Add(5*time.Second))
	require.NoError(p.t, err)
}

// read returns the next message that is no ping: those are answered.
func (p *peer) read() wire.Message {
	p.t.Helper()
	m, err := p.next(hang)
	require.NoError(p.t, err)
	return m
}

func (p *peer) next(within time.Duration) (wire.Message, error) {
	require.NoError(p.t, p.link.SetReadDeadline(time.Now().Add(within)))
	for {
		frame, _, err := p.in.Next()
		if err == nil {
			m, err := wire.Parse(frame)
			if ping, ok := m.(*wire.Ping); ok && p.mode != 0 {
				p.send(&wire.Pong{Nonce: ping.Nonce})
				continue
			}
			return m, err
		}
		if err != wire.ErrIncomplete {
			return nil, err
		}
		r, err := p.link.Recv(p.in.Free())
		if err != nil {
			return nil, err
		}
		p.in.Advance(r.N)
		p.fds = append(p.fds, r.FDs...)
		for _, fd := range r.FDs {
			p.open[fd] = true
		}
	}
}

func (p *peer) offer() offer {
	p.t.Helper()
	return p.takeOffer(p.read())
}

// takeOffer matches an offer with its descriptor.
func (p *peer) takeOffer(m wire.Message) offer {
	p.t.Helper()
	require.IsType(p.t, (*wire.Offer)(nil), m)
	require.NotEmpty(p.t, p.fds)
	fd := p.fds[0]
	p.fds = p.fds[1:]
	return offer{*m.(*wire.Offer), fd}
}

// expect reads a message of that kind about that offer.
func (p *peer) commit(o offer) {
	p.t.Helper()
	m, ok := p.read().(*wire.Commit)
	require.True(p.t, ok)
	require.Equal(p.t, wire.Commit(o.name()), *m)
}

func (p *peer) revoke(o offer) {
	p.t.Helper()
	m, ok := p.read().(*wire.Revoke)
	require.True(p.t, ok)
	require.Equal(p.t, wire.Revoke(o.name()), *m)
}

func (p *peer) ack(o offer) {
	p.t.Helper()
	p.send(&wire.Ack{Token: o.Token, Accepted: true, CorrelationID: o.CorrelationID})
}

func (p *peer) nack(o offer, reason wire.Reason) {
	p.t.Helper()
	p.close(o.fd)
	p.send(&wire.Ack{Token: o.Token, CorrelationID: o.CorrelationID, Reason: reason})
}

func (p *peer) released(o offer) {
	p.t.Helper()
	p.close(o.fd)
	m := wire.Released(o.name())
	p.send(&m)
}

// say writes to the connection of an offer, as its owner.
func (p *peer) say(o offer, text string) {
	p.t.Helper()
	n, err := fdpass.TryWrite(o.fd, []byte(text))
	require.NoError(p.t, err)
	require.Equal(p.t, len(text), n)
}

// sayReady writes ready as the owner of an offer, and then a line.
func (p *peer) sayReady(o offer, line string) {
	p.t.Helper()
	ready := wire.Ready{Token: o.ReadyToken, Accepted: true, CorrelationID: o.CorrelationID}
	p.say(o, string(ready.Append(nil))+line+"\n")
}

func (p *peer) close(fd int) {
	p.t.Helper()
	require.True(p.t, p.open[fd])
	delete(p.open, fd)
	require.NoError(p.t, fdpass.Close(fd))
}

// die closes everything, as the kernel does for a process that is killed.
func (p *peer) die() {
	for fd := range p.open {
		p.close(fd)
	}
	p.link.Close()
}

// gone reads the link to its end.
func (p *peer) gone() {
	p.t.Helper()
	for {
		m, err := p.next(hang)
		if err == io.EOF {
			return
		}
		require.NoError(p.t, err)
		switch m.(type) {
		case *wire.Bye, *wire.Revoke:
		default:
			require.Fail(p.t, "unexpected message", "%T", m)
		}
	}
}
