package broker_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
)

// A broker and a backend, here in one process, and a client that knows nothing of either.
func Example() {
	dir, err := os.MkdirTemp("", "handoff")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "control")

	b, err := broker.New(broker.Options{})
	if err != nil {
		panic(err)
	}
	control, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	clients, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go b.ServeBackends(control)
	go b.Serve(clients, route.Fixed("greeter"))

	ln, err := backend.Listen(context.Background(), path, "greeter", backend.Options{})
	if err != nil {
		panic(err)
	}
	go func() {
		c, err := ln.Accept()
		if err == nil {
			fmt.Fprintln(c, "hello, served by", c.(*backend.Conn).Info().Service)
			c.Close()
		}
	}()

	client, err := net.Dial("tcp", clients.Addr().String())
	if err != nil {
		panic(err)
	}
	said, err := io.ReadAll(client)
	fmt.Print(string(said))
	client.Close()

	ln.Close()
	stats, err := b.Shutdown(context.Background())
	fmt.Println(stats.Adopted, "adopted,", stats.Descriptors.Open, "descriptors open,", err)
	// Output:
	// hello, served by greeter
	// 1 adopted, 0 descriptors open, <nil>
}
