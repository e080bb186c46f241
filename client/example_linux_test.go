package client_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/client"
)

// A broker hands the connections of an http.Client over to a net/http server.
func ExampleDialer_DialContext() {
	dir, err := os.MkdirTemp("", "handoff")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	b, err := broker.New(broker.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer b.Shutdown(context.Background())
	control, clients := filepath.Join(dir, "control"), filepath.Join(dir, "clients")
	serveClients := func(ln net.Listener) error { return b.Serve(ln, nil) }
	for path, serve := range map[string]func(net.Listener) error{control: b.ServeBackends, clients: serveClients} {
		ln, err := net.Listen("unix", path)
		if err != nil {
			log.Fatal(err)
		}
		go serve(ln)
	}

	ln, err := backend.Listen(context.Background(), control, "greeter", backend.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer ln.Close()
	go http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello, ", r.URL.Path[1:])
	}))

	d := client.Dialer{Address: clients, Service: "greeter"}
	transport := &http.Transport{DialContext: d.DialContext}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("http://greeter/gopher")
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	fmt.Println(string(body), err)
	// Output: hello, gopher <nil>
}
