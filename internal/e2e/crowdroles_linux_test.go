package e2e_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// crowded is what a process of the crowd saw.
type crowded struct {
	Ended int // connections that the broker ended
}

// answer says how many have ended by now whenever a line is asked, and in the end.
func answer(ended func() int) error {
	did := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := did.Encode(crowded{Ended: ended()}); err != nil {
			return err
		}
	}
	return did.Encode(crowded{Ended: ended()})
}

// beSilent connects many times and says nothing.
func beSilent(args []string) error {
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	conns := make([]net.Conn, n)
	for i := range conns {
		if conns[i], err = connect(args[0], args[1]); err != nil {
			return err
		}
		defer conns[i].Close()
	}
	fmt.Println("ready")
	return answer(func() (ended int) {
		for _, c := range conns {
			raw, err := c.(syscall.Conn).SyscallConn()
			if err != nil {
				return -1
			}
			_ = raw.Control(func(fd uintptr) {
				if fdpass.PeerClosed(int(fd)) {
					ended++
				}
			})
		}
		return ended
	})
}

// connect dials. A Unix socket whose queue is full says so instead of waiting.
func connect(network, address string) (net.Conn, error) {
	for {
		c, err := net.Dial(network, address)
		if !errors.Is(err, syscall.EAGAIN) {
			return c, err
		}
		time.Sleep(time.Millisecond)
	}
}

// drip links many backends of which each says everything a byte at a time: its hello, or
// an ACK. Neither ever comes to its end. One that is sent away may come again.
func drip(args []string) error {
	control, what := args[0], args[1]
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	again := args[3] == "true"
	var ended atomic.Int64
	var once, all sync.WaitGroup
	stop := make(chan struct{})
	once.Add(n)
	for range n {
		all.Go(func() {
			first := sync.OnceFunc(once.Done)
			defer first()
			for {
				err := dripOnce(control, what, again, stop, first)
				if err == nil {
					return
				}
				ended.Add(1)
				if !again {
					log.Print("drip: ", err)
					return
				}
				select {
				case <-stop:
					return
				case <-time.After(time.Second):
				}
			}
		})
	}
	once.Wait()
	fmt.Println("ready")
	err = answer(func() int { return int(ended.Load()) })
	close(stop)
	all.Wait()
	return err
}

// dripOnce drips on one link, until that ends or stop is closed, which is no error.
func dripOnce(control, what string, again bool, stop <-chan struct{}, there func()) error {
	c, err := connect("unix", control)
	if err != nil {
		return err
	}
	defer c.Close()
	if again {
		there() // it may be sent away before it is linked
	}
	if what == "ack" {
		if err := shakeHands(c); err != nil {
			return err
		}
	}
	there()
	// A frame of a size that is allowed, which takes minutes.
	frame := append([]byte{wire.Version, 0, wire.MaxControl >> 8, 0, 0}, make([]byte, wire.MaxControl)...)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := range frame {
		if _, err := c.Write(frame[i : i+1]); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-stop:
			return nil
		}
	}
	return errors.New("a frame of zeros was written to its end")
}

// shakeHands links, as a backend of the slow service whose clock is not known.
func shakeHands(c net.Conn) error {
	if err := c.SetReadDeadline(time.Now().Add(hang)); err != nil {
		return err
	}
	hello := wire.LinkHello{Version: wire.LinkVersion, Service: slow}
	if _, err := c.Write(hello.Append(nil)); err != nil {
		return err
	}
	for {
		frame, err := wire.ReadFrame(c, wire.MaxOffer)
		if err != nil {
			return err
		}
		m, err := wire.Parse(frame)
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *wire.Ping:
			pong := wire.Pong{Nonce: m.Nonce}
			if _, err := c.Write(pong.Append(nil)); err != nil {
				return err
			}
		case *wire.Welcome:
			return nil
		default:
			return fmt.Errorf("%T instead of a welcome", m)
		}
	}
}
