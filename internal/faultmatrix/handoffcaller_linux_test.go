package faultmatrix_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/handoff-go/handoff/broker"
)

// tagCaller is the tag of the broker's caller, who serves what he has back.
const tagCaller = 'H'

// takings are what a caller has open.
type takings struct {
	mu      sync.Mutex
	ln      net.Listener
	serving sync.WaitGroup
}

func (k *takings) close() {
	k.mu.Lock()
	k.ln.Close()
	k.mu.Unlock()
	k.serving.Wait()
}

// handOver accepts connections, hands them over one by one, and serves what comes back.
func (s *stage) handOver(b *broker.Broker, ln net.Listener, k *takings) error {
	k.mu.Lock()
	k.ln = ln
	k.mu.Unlock()
	for {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		k.serving.Go(func() {
			client := c.RemoteAddr().String()
			s.step(report{Op: string(broker.OpAcceptClient), Note: client}, nil)
			o, err := b.Handoff(context.Background(), c, broker.Request{Service: service})
			s.say(report{Kind: "outcome", Note: o.Kind.String(), Err: text(err)})
			if o.Conn != nil {
				s.say(report{Kind: "serving", Note: client})
				servePunctually(o.Conn)
			}
		})
	}
}

// servePunctually is serveTagged by a server that relies on its deadlines: it answers
// when nothing more has come for a while.
func servePunctually(c net.Conn) {
	defer c.Close()
	pending := greeting
	var room [512]byte
	for {
		if c.SetReadDeadline(time.Now().Add(10*time.Millisecond)) != nil {
			return
		}
		n, err := c.Read(room[:])
		pending += n
		late := errors.Is(err, os.ErrDeadlineExceeded)
		if err != nil && pending > 0 {
			if _, err := c.Write(bytes.Repeat([]byte{tagCaller}, pending)); err != nil {
				return
			}
			pending = 0
		}
		if err != nil && !late {
			return
		}
	}
}
