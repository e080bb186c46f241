// Command broker hands every connection on port 8080 to a backend of the service "hello".
package main

import (
	"errors"
	"log"
	"net"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
)

func main() {
	control, err1 := net.Listen("unix", "/tmp/hello.sock") // backends link here
	clients, err2 := net.Listen("tcp", "127.0.0.1:8080")   // clients connect here
	b, err3 := broker.New(broker.Options{})
	if err := errors.Join(err1, err2, err3); err != nil {
		log.Fatal(err)
	}
	go b.ServeBackends(control)
	log.Fatal(b.Serve(clients, route.Fixed("hello")))
}
