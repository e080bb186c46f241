// Command backend is an HTTP server that gets its connections from the broker.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/handoff-go/handoff/backend"
)

func main() {
	ln, err := backend.Listen(context.Background(), "/tmp/hello.sock", "hello", backend.Options{})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from backend process %d\n", os.Getpid())
	})))
}
