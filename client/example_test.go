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

// busy is a broker that has no backend, and knows where else its clients are served.
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

// A client whose broker does not hand over is told no error: it is on another connection,
// where what it wrote was written again.
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
	fmt.Fprintln(c, "hello") // at once: nobody has said yet who will read it
	answer, err := bufio.NewReader(c).ReadString('\n')
	fmt.Print(answer, err, "\n")
	fmt.Println(c.(*client.Conn).Outcome(), "because", c.(*client.Conn).Decision().Reason)
	// Output:
	// served: hello
	// <nil>
	// reconnected because service-policy-disabled
}

// With nowhere to go the reason is an error.
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

// A broker that dies leaves doubt. Only the user knows whether to repeat.
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
