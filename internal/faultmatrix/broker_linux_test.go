package faultmatrix_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/handoff-go/handoff/registry"
)

// The sockets of a cell, in its folder.
const (
	controlSocket   = "control"
	clientsSocket   = "clients"   // of the broker: explicit clients
	plainSocket     = "plain"     // of the broker: plain ones
	proxiedSocket   = "proxied"   // of the broker: plain ones that no backend serves
	closedSocket    = "closed"    // of the broker: the same, and it does not either
	handedSocket    = "handed"    // of the broker's caller, who hands over by himself
	reconnectSocket = "reconnect" // where fallback says to go
	targetSocket    = "target"    // where the broker connects whom it serves by proxy
)

// The services. Nobody serves the second.
const (
	service   = "echo"
	noService = "nobody"
)

// books are what a process counted, at its end.
type books struct {
	Opened, Closed, Adopted uint64 // descriptors
	Open                    int
	Sockets                 int // that /proc still names

	// Of a broker.
	Outcomes int // in its counts
	Registry registry.Stats
}

// playBroker is a broker. It says which clients it took and what became of them.
func playBroker(s *stage) error {
	o := broker.Options{
		AckDeadline:   s.Deadline,
		Attempts:      s.Attempts,
		SettleTimeout: s.Deadline * 5 / 6,
		PingInterval:  -1, // a ping would find a stopped backend sooner than its deadline does
		Reconnect:     filepath.Join(s.Dir, reconnectSocket),
		Trace: func(e broker.Event) {
			s.step(report{Op: string(e.Op), Link: e.Link, Offer: e.Correlation, Ref: e.Ref, Note: e.Note}, e.Err)
		},
		TraceRegistry: func(e registry.Event) {
			if e.State.Terminal() {
				s.say(report{Kind: "registry", Op: e.Op, Ref: e.Ref, Note: e.State.String(), Err: text(e.Err)})
			}
		},
		OnOutcome: func(o broker.Outcome) {
			s.say(report{Kind: "outcome", Note: o.Kind.String()})
		},
	}
	if s.Pings > 0 {
		o.PingInterval = s.Pings
	}
	if s.NoLease {
		o.Margin = s.Deadline
	}
	b, err := broker.New(o)
	if err != nil {
		return err
	}
	var taken takings
	proxied := func(broker.Client) (broker.Request, error) {
		return broker.Request{Service: noService, Proxy: filepath.Join(s.Dir, targetSocket)}, nil
	}
	serving := []struct {
		socket string
		serve  func(net.Listener) error
	}{
		{controlSocket, b.ServeBackends},
		{clientsSocket, func(ln net.Listener) error { return b.Serve(ln, nil) }},
		{plainSocket, func(ln net.Listener) error { return b.Serve(ln, route.Fixed(service)) }},
		{closedSocket, func(ln net.Listener) error { return b.Serve(ln, route.Fixed(noService)) }},
		{handedSocket, func(ln net.Listener) error { return s.handOver(b, ln, &taken) }},
		{proxiedSocket, func(ln net.Listener) error { return b.Serve(ln, proxied) }},
	}
	ended := make(chan error, len(serving))
	for _, one := range serving {
		ln, err := net.Listen("unix", filepath.Join(s.Dir, one.socket))
		if err != nil {
			return err
		}
		go func() { ended <- one.serve(ln) }()
	}
	s.say(report{Kind: "up"})
	return s.obey(map[string]func(command) error{
		"rest": func(command) error {
			return until("the broker is at rest", func() bool { n := b.Stats(); return n.InFlight == 0 && n.Waiting == 0 })
		},
		"cutoff": func(command) error {
			over, cancel := context.WithCancel(context.Background())
			cancel()
			go b.Shutdown(over) // the finish waits for it
			return nil
		},
		"finish": func(command) error {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			n, err := b.Shutdown(ctx)
			if err != nil {
				return err
			}
			taken.close()
			for range serving {
				<-ended
			}
			return s.close(books{
				Opened: n.Descriptors.Opened, Closed: n.Descriptors.Closed, Adopted: n.Descriptors.Adopted,
				Open: n.Descriptors.Open, Registry: n.Registry,
				Outcomes: int(n.Adopted + n.Fenced + n.Fallback + n.Proxied + n.Closed),
			})
		},
	})
}

// close reports the books, when everything is closed.
func (s *stage) close(b books) (err error) {
	if b.Sockets, err = openSockets(); err != nil {
		return err
	}
	if b.Sockets > 0 {
		var names []string
		left, _ := sockets()
		for _, k := range left {
			names = append(names, strconv.Itoa(k.fd)+" "+k.local+" to "+k.peer)
		}
		os.Stderr.WriteString(s.Name + ": left open: " + strings.Join(names, ", ") + "\n")
	}
	s.say(report{Kind: "books", Books: &b})
	return nil
}
