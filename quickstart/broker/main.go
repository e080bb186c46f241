// Command broker hands every connection on port 8080 to a backend of the service "hello".
package main

import (
	"errors"
	"log/slog"
	"net"
	"os"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
)

func main() {
	os.Remove("/tmp/hello.sock")                           // left by a broker that was killed
	control, err1 := net.Listen("unix", "/tmp/hello.sock") // backends link here
	clients, err2 := net.Listen("tcp", "127.0.0.1:8080")   // clients connect here
	b, err3 := broker.New(broker.Options{Logger: slog.Default()})
	if err := errors.Join(err1, err2, err3); err != nil {
		panic(err)
	}
	go b.ServeBackends(control)
	panic(b.Serve(clients, route.Fixed("hello")))
}
