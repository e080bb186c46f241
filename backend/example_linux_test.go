package backend_test

import (
	"context"
	"net/http"
	"time"

	"github.com/handoff-go/handoff/backend"
)

// A web server gets its connections from a broker, and later goes out of service without
// losing one.
func Example() {
	ln, err := backend.Listen(context.Background(), "/run/broker.control", "web", backend.Options{})
	if err != nil {
		return // the broker cannot be reached
	}
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("hello\n"))
	})}
	go server.Serve(ln)

	time.Sleep(time.Hour)

	ln.Drain(context.Background())        // no further connections
	server.Shutdown(context.Background()) // and the present ones end
}
