package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"

	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/wire"
)

// busy is a broker without a backend, whose clients are served elsewhere; nil: nowhere.
func busy(elsewhere net.Addr) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			if _, err := wire.ReadFrame(c, wire.MaxHello); err == nil {
				reply := wire.HelloReply{FrameID: 1, Negotiated: &wire.Negotiated{Protocol: 1}}
				if elsewhere != nil {
					reply.Negotiated.Address = elsewhere.String()
				}
				_, _ = c.Write(reply.Append(nil))
				_, _ = io.Copy(io.Discard, c)
			}
			c.Close()
		}
	}()
	return ln
}

// If the broker does not hand over, the client gets no error: it reconnects, and what it wrote is
// replayed.
func ExampleDialer() {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	go func() {
		c, err := server.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		line, _ := bufio.NewReader(c).ReadString('\n')
		fmt.Fprint(c, "served: ", line)
	}()
	broker := busy(server.Addr())
	defer broker.Close()

	d := client.Dialer{Network: "tcp", Address: broker.Addr().String(), Service: "greeter"}
	c, err := d.DialContext(context.Background(), "", "")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintln(c, "hello") // at once: the outcome is not known yet
	answer, err := bufio.NewReader(c).ReadString('\n')
	fmt.Print(answer, err, "\n")
	fmt.Println(c.(*client.Conn).Outcome(), "because", c.(*client.Conn).Decision().Reason)
	// Output:
	// served: hello
	// <nil>
	// reconnected because service-policy-disabled
}

// Without an address to reconnect to the client gets an error with the reason.
func ExampleRefusedError() {
	broker := busy(nil)
	defer broker.Close()
	d := client.Dialer{Network: "tcp", Address: broker.Addr().String(), Service: "greeter", Wait: true}
	_, err := d.DialContext(context.Background(), "", "")
	var refused *client.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Fallback())
	}
	// Output: reconnect: service-policy-disabled
}

// If the broker dies, the client is in doubt. Only the caller knows whether it may repeat the request.
func ExampleInDoubtError() {
	broker, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()
	go func() {
		if c, err := broker.Accept(); err == nil {
			_, _ = wire.ReadFrame(c, wire.MaxHello)
			_, _ = io.ReadFull(c, make([]byte, len("withdraw 100\n")))
			c.Close()
		}
	}()
	d := client.Dialer{Network: "tcp", Address: broker.Addr().String(), Service: "bank"}
	c, err := d.DialContext(context.Background(), "", "")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintln(c, "withdraw 100")
	_, err = c.Read(make([]byte, 1))
	var doubt *client.InDoubtError
	if errors.As(err, &doubt) {
		fmt.Println(doubt.Written, "bytes may have been read:", doubt.Err)
	}
	// Output: 13 bytes may have been read: unexpected EOF
}
