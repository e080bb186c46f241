package client

import (
	"cmp"
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/handoff-go/handoff/internal/option"
	"github.com/handoff-go/handoff/wire"
)

// Defaults for the zero fields of Dialer.
const (
	DefaultReplayLimit    = 64 << 10
	DefaultConnectTimeout = 10 * time.Second
	DefaultReplyTimeout   = 10 * time.Second
	DefaultWaitMargin     = time.Second
)

// DefaultWaitBudget is how long the client waits for ready or fallback if the reply carries
// no wait budget. The replies of the older protocol (running-process 4.5.5) carry none; its
// broker gives a backend 5 s.
const DefaultWaitBudget = 5 * time.Second

// Dialer connects to a broker. Service must be set; the other fields may be zero. A Dialer
// may be copied, and used concurrently as long as its fields do not change.
type Dialer struct {
	// Network and Address are the broker's. If Address is empty, the arguments of
	// DialContext are used. If Network is empty it is "unix" for an address that has a
	// path separator or begins with @, and else "tcp".
	Network, Address string
	// Service is the name of the service to connect to.
	Service string
	// WantedVersion is the version of the service that the hello asks for, 64 bytes at most.
	// The broker may refuse it. Empty: none is asked for. A broker of running-process
	// refuses a client that asks for none.
	WantedVersion string
	// Compat says that the broker is one of running-process 4.5.5. It knows no fallback:
	// when it does not hand the connection over, it ends it without a word. The client then
	// reconnects, as that program's own does, instead of being in doubt: to the address in
	// the reply, or to Reconnect. So that this repeats nothing, every Write waits for the
	// outcome, whatever ReplayLimit says.
	Compat bool
	// Wait makes DialContext wait for the outcome, and return its errors. Without it
	// DialContext returns once the hello is sent: the first Read, or a Write that exceeds
	// ReplayLimit, waits for the outcome.
	Wait bool
	// ReplayLimit is how many bytes the user may write before the outcome is known. They
	// are kept for a replay after a fallback; writes beyond the limit wait. Zero:
	// DefaultReplayLimit. Negative: every Write waits, so that an InDoubtError never has
	// Written bytes.
	ReplayLimit int
	// Reconnect is the address to connect to when the broker does not hand over and names
	// no address, as in a refusal. Empty: Read and Write return a *RefusedError then.
	Reconnect string

	// ConnectTimeout bounds connecting to the broker, sending the hello, and connecting
	// after a fallback, each. Zero: DefaultConnectTimeout.
	ConnectTimeout time.Duration
	// ReplyTimeout bounds the wait for the broker's reply. It counts from the first Read,
	// or Write, that waits. Zero: DefaultReplyTimeout.
	ReplyTimeout time.Duration
	// WaitMargin is added to the time that the broker asks the client to wait for ready or
	// fallback. It covers the delays of the network and of a busy machine. Zero:
	// DefaultWaitMargin.
	WaitMargin time.Duration

	// Connect makes the connection to the broker, and the one after a fallback. Nil: a
	// net.Dialer does.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
	// Trace is called after each step of the protocol and before the next one, outside
	// locks, by the goroutine that takes the step. While it runs, the reads and writes
	// that wait for that step do not return, so Trace must not call Read or Write; every
	// other method may be called. OpWrite is the exception: the user's writes run beside
	// the goroutine that reads frames, and their order is not defined. Nil: no calls.
	Trace func(Event)
}

// DialContext connects to the broker and sends the hello; with Dialer.Wait it waits for
// the outcome, too. It may be the DialContext of an http.Transport. If Dialer.Address is
// set, network and address are ignored. ctx bounds the call, not the life of the
// connection. The net.Conn is a [*Conn].
//
// It returns an *OptionError, also for a Service that is empty or no valid name, a
// *wire.FieldError for an invalid version, the error of connecting or of ctx, and with Wait
// the errors of Conn.Read.
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
		err = c.await(c.writable, &c.readDeadline)
		if err == nil {
			_, err = c.readableConn()
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

// settings returns a copy of d with the defaults filled in.
func (d *Dialer) settings(network, address string) (*Dialer, error) {
	set := *d
	if set.Address == "" {
		set.Network, set.Address = network, address
	}
	if set.Network == "" {
		set.Network = networkOf(set.Address)
	}
	switch {
	case set.ReplayLimit < 0, set.Compat:
		set.ReplayLimit = 0
	case set.ReplayLimit == 0:
		set.ReplayLimit = DefaultReplayLimit
	}
	if set.Connect == nil {
		set.Connect = new(net.Dialer).DialContext
	}
	err := cmp.Or(
		option.Fill("ConnectTimeout", &set.ConnectTimeout, DefaultConnectTimeout),
		option.Fill("ReplyTimeout", &set.ReplyTimeout, DefaultReplyTimeout),
		option.Fill("WaitMargin", &set.WaitMargin, DefaultWaitMargin),
	)
	if err != nil {
		return &set, (*OptionError)(err)
	}
	if err := wire.CheckService(set.Service); err != nil {
		return &set, &OptionError{Option: "Service", Problem: strconv.Quote(set.Service) + " " + err.Error()}
	}
	return &set, set.hello().Check()
}

// networkOf guesses the network of an address, as Dialer.Network says.
func networkOf(address string) string {
	if strings.HasPrefix(address, "@") || strings.ContainsAny(address, `/\`) {
		return "unix"
	}
	return "tcp"
}

// protocol is the version of the protocol between client and broker.
const protocol = 1

// helloID is the frame ID by which the reply names the hello: one hello per connection.
const helloID = 1

func (d *Dialer) hello() *wire.Hello {
	return &wire.Hello{
		FrameID:       helloID,
		MinProtocol:   protocol,
		MaxProtocol:   protocol,
		Service:       d.Service,
		WantedVersion: d.WantedVersion,
		Capabilities:  wire.CapabilityHandlePassing,
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

// sendHello sends the hello, within ConnectTimeout. Step: SendHello.
func (c *Conn) sendHello() error {
	err := c.conn.SetWriteDeadline(time.Now().Add(c.dialer.ConnectTimeout))
	if err == nil {
		_, err = c.conn.Write(c.dialer.hello().Append(nil))
	}
	c.trace(Event{Op: OpSendHello, Err: err})
	if err != nil {
		return err
	}
	return c.SetWriteDeadline(time.Time{})
}
