package compat_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/handoff-go/handoff/compat"
	"github.com/handoff-go/handoff/registry"
)

// A broker hands one client's connection to a backend that knows only the older form, here in one
// process.
func Example() {
	dir, err := os.MkdirTemp("", "handoff")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	// The backend.
	control, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "control"), Net: "unix"})
	if err != nil {
		panic(err)
	}
	ln, err := compat.Listen(control, "greeter", compat.Options{})
	if err != nil {
		panic(err)
	}
	defer ln.Close()
	go func() {
		if c, err := ln.Accept(); err == nil {
			fmt.Fprintln(c, "hello, served by", c.(*compat.Conn).Info().Service)
			c.Close()
		}
	}()

	// The broker, and its client.
	clients, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	client, err := net.Dial("tcp", clients.Addr().String())
	if err != nil {
		panic(err)
	}
	conn, err := clients.Accept()
	if err != nil {
		panic(err)
	}
	handoffs, err := registry.New(registry.Options{})
	if err != nil {
		panic(err)
	}
	sender := compat.NewSender(handoffs, nil)
	link, err := net.DialUnix("unix", nil, control.Addr().(*net.UnixAddr))
	if err != nil {
		panic(err)
	}
	outcome, err := sender.Handoff(context.Background(), conn, link, compat.Request{Service: "greeter"})
	fmt.Println(outcome.Kind, err)

	said, err := io.ReadAll(client)
	fmt.Print(string(said))
	client.Close()
	clients.Close()
	// Output:
	// adopted <nil>
	// hello, served by greeter
}
