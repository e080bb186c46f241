package broker_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
)

// To check a backend of one's own, in any language: give it a real broker and real
// clients, let some of its offers go unanswered, and hold the broker's books against what
// the clients saw.
func Example_checkABackend() {
	dir, err := os.MkdirTemp("", "handoff")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	control, err := net.Listen("unix", filepath.Join(dir, "control"))
	if err != nil {
		panic(err)
	}
	clients, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	var dropped atomic.Int64 // links whose backend was silent, or said what cannot be read
	b, err := broker.New(broker.Options{
		AckDeadline: 200 * time.Millisecond,
		Trace: func(e broker.Event) {
			if e.Op == broker.OpDropLink {
				dropped.Add(1)
			}
		},
	})
	if err != nil {
		panic(err)
	}
	go b.ServeBackends(control)
	go b.Serve(clients, route.Fixed("mine"))

	stop := myBackend(control.Addr().String()) // the one to be checked
	answered, ended := 0, 0
	for i := range 100 {
		request, err := http.NewRequest("GET", "http://"+clients.Addr().String(), nil)
		if err != nil {
			panic(err)
		}
		request.Close = true
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			ended++ // nobody served it, so it may be repeated
			continue
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != "mine\n" {
			panic(fmt.Sprint(i, ": half an answer: ", string(body), err))
		}
		answered++
	}
	fmt.Println("links dropped:", dropped.Load())
	stop()
	stats, err := b.Shutdown(context.Background())
	if err != nil {
		panic(err)
	}
	r := stats.Registry
	fmt.Println("every client ended:", answered+ended == 100)
	fmt.Println("every adopted client was answered:", stats.Adopted == uint64(answered))
	fmt.Println("conserved:", r.Registered == r.Acknowledged+r.Expired+r.Abandoned, r.Pending)
	fmt.Println("descriptors left:", stats.Descriptors.Open)
	// Output:
	// links dropped: 0
	// every client ended: true
	// every adopted client was answered: true
	// conserved: true 0
	// descriptors left: 0
}

// myBackend stands in for the backend to be checked.
func myBackend(path string) (stop func()) {
	ln, err := backend.Listen(context.Background(), path, "mine", backend.Options{})
	if err != nil {
		panic(err)
	}
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.Copy(w, strings.NewReader("mine\n"))
	})}
	go server.Serve(ln)
	return func() { server.Close() }
}
