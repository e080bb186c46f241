package client

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/handoff-go/handoff/wire"
)

// What a field of Dialer is when left zero.
const (
	DefaultReplayLimit    = 64 << 10
	DefaultConnectTimeout = 10 * time.Second
	DefaultReplyTimeout   = 10 * time.Second
	DefaultWaitMargin     = time.Second
)

// DefaultWaitBudget is how long to wait for ready or fallback if a reply does not say,
// as the reference's does not: its broker gives a backend so long.
const DefaultWaitBudget = 5 * time.Second

// Dialer connects to a broker. Service must be set, the other fields may be zero. It is
// safe for concurrent use if nobody changes it meanwhile, and may be copied.
type Dialer struct {
	// Network and Address are the broker's. With Address empty they are what
	// DialContext is given; with Network empty it is "unix" for an address that has a
	// path separator or begins with @, and else "tcp".
	Network, Address string
	// Service is what is wanted from the broker.
	Service string
	// Wait has DialContext wait until it is known who owns the connection, so that its
	// errors, too, come from there. Otherwise it returns at once: the first Read
	// learns it, or a Write that would exceed ReplayLimit.
	Wait bool
	// ReplayLimit is how many bytes may be written before it is known who reads them;
	// they are kept, to be written again after a fallback. More wait. Zero:
	// DefaultReplayLimit. Negative: every Write waits, so that in doubt nobody has
	// read anything.
	ReplayLimit int
	// Reconnect is where to connect when the broker does not hand over and names no
	// address, as when it refuses. Empty: that is a *RefusedError.
	Reconnect string

	// ConnectTimeout is how long connecting may take, the hello included, each time.
	// Zero: DefaultConnectTimeout.
	ConnectTimeout time.Duration
	// ReplyTimeout is how long to wait for the broker's reply, from when it is first
	// waited for. Zero: DefaultReplyTimeout.
	ReplyTimeout time.Duration
	// WaitMargin is how much longer to wait for ready or fallback than the broker asks for,
	// for what a network and a busy machine take. Zero: DefaultWaitMargin.
	WaitMargin time.Duration

	// Connect makes connections, to the broker and again to the address after a
	// fallback. Nil: a net.Dialer does.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
	// Trace is called after each step of the protocol and before the next one, outside
	// locks, by the goroutine that takes the step: whatever it does, blocking
	// included, happens between the two. Nil: none, at no cost.
	Trace func(Event)
}

// DialContext connects to the broker and says what is wanted; see Wait for what it waits
// for. It may be an http.Transport's DialContext. If Dialer.Address is set, network and
// address are not looked at. ctx bounds the call, not the life of the connection. The
// net.Conn is a [*Conn].
//
// It returns an *OptionError, a *wire.FieldError for a service that is no name, the
// error of connecting, or ctx's; and with Wait what Conn.Read returns.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	set, err := d.settings(network, address)
	if err != nil {
		return nil, err
	}
	c, err := set.connect(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	err = c.sendHello()
	if err == nil && set.Wait {
		err = c.await(c.writable, &c.read)
		if err == nil {
			_, err = c.current()
		}
	}
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// settings returns a copy of d with its zero fields filled in, or an error.
func (d *Dialer) settings(network, address string) (*Dialer, error) {
	set := *d
	if set.Address == "" {
		set.Network, set.Address = network, address
	}
	if set.Network == "" {
		set.Network = networkOf(set.Address)
	}
	switch {
	case set.ReplayLimit == 0:
		set.ReplayLimit = DefaultReplayLimit
	case set.ReplayLimit < 0:
		set.ReplayLimit = 0
	}
	if set.Connect == nil {
		set.Connect = new(net.Dialer).DialContext
	}
	err := cmp.Or(
		fill("ConnectTimeout", &set.ConnectTimeout, DefaultConnectTimeout),
		fill("ReplyTimeout", &set.ReplyTimeout, DefaultReplyTimeout),
		fill("WaitMargin", &set.WaitMargin, DefaultWaitMargin),
		set.hello().Check(),
	)
	return &set, err
}

func fill(name string, value *time.Duration, ifZero time.Duration) error {
	switch {
	case *value < 0:
		return &OptionError{Option: name, Problem: fmt.Sprintf("%v is negative", *value)}
	case *value == 0:
		*value = ifZero
	}
	return nil
}

// networkOf returns the network of an address of which only the text is known.
func networkOf(address string) string {
	if strings.HasPrefix(address, "@") || strings.ContainsAny(address, `/\`) {
		return "unix"
	}
	return "tcp"
}

// protocol is the version of the client's protocol that is spoken here, the reference's.
const protocol = 1

// helloID ties the reply to the hello. There is one on a connection.
const helloID = 1

func (d *Dialer) hello() *wire.Hello {
	return &wire.Hello{
		FrameID:      helloID,
		MinProtocol:  protocol,
		MaxProtocol:  protocol,
		Service:      d.Service,
		Capabilities: wire.CapabilityHandlePassing,
	}
}

// connect makes the connection to the broker. Step: Connect.
func (d *Dialer) connect(ctx context.Context) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.ConnectTimeout)
	defer cancel()
	conn, err := d.Connect(ctx, d.Network, d.Address)
	if d.Trace != nil {
		d.Trace(Event{Op: OpConnect, Err: err})
	}
	if err != nil {
		return nil, err
	}
	return newConn(d, conn), nil
}

// sendHello says what is wanted. Step: SendHello.
func (c *Conn) sendHello() error {
	err := c.conn.SetWriteDeadline(time.Now().Add(c.set.ConnectTimeout))
	if err == nil {
		_, err = c.conn.Write(c.set.hello().Append(nil))
	}
	c.trace(Event{Op: OpSendHello, Err: err})
	if err != nil {
		return err
	}
	return c.SetWriteDeadline(time.Time{})
}
