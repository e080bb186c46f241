package e2e_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/backend"
)

func serveWeb(args []string) error { return serveHTTP(args, backend.Options{}) }

// serveNarrow is serveWeb with little room for who waits.
func serveNarrow(args []string) error { return serveHTTP(args, backend.Options{Queue: 2}) }

// serveHTTP serves HTTP on what a broker hands over: with a certificate and its key, by
// TLS. Every answer begins with the backend's name.
func serveHTTP(args []string, o backend.Options) error {
	control, service, name, certificate := args[0], args[1], args[2], args[3:]
	var requests atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		from := ""
		if r.TLS != nil {
			from = " " + r.TLS.ServerName
		}
		fmt.Fprintf(w, "%s %s%s\n", name, strings.TrimPrefix(r.URL.Path, "/"), from)
	})
	mux.HandleFunc("POST /body", func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if err := exchange(w, r); err != nil {
			log.Print("body: ", err)
			panic(http.ErrAbortHandler)
		}
	})
	var open atomic.Int64
	server := &http.Server{Handler: mux, ConnState: func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}}
	serve := server.Serve
	if len(certificate) == 2 {
		serve = func(ln net.Listener) error { return server.ServeTLS(ln, certificate[0], certificate[1]) }
	}
	return asBackend(control, service, o, requests.Load, func(ln net.Listener) error {
		err := serve(ln)
		// Not Shutdown: it drops a request that is not read when it begins.
		server.SetKeepAlivesEnabled(false)
		for end := time.Now().Add(hang); open.Load() > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				return errors.New("connections are left")
			}
		}
		return errors.Join(notClosed(err), server.Close())
	})
}

// exchange reads a body to its end, tells its checksum, and sends as much of its own.
func exchange(w http.ResponseWriter, r *http.Request) error {
	sum := sha256.New()
	n, err := io.Copy(sum, r.Body)
	if err != nil {
		return err
	}
	w.Header().Set("Body-Sum", hex.EncodeToString(sum.Sum(nil)))
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	_, err = io.Copy(w, io.LimitReader(noise("answer"), n))
	return err
}

// noise is an endless stream that both ends can make: they differ by their seeds.
func noise(seed string) io.Reader { return rand.NewChaCha8(sha256.Sum256([]byte(seed))) }

// checksum returns the checksum of the first n bytes of a stream.
func checksum(r io.Reader, n int64) (string, error) {
	var sum hash.Hash = sha256.New()
	if _, err := io.CopyN(sum, r, n); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// asBackend links, serves until standard input ends, drains, and says what it did. serve
// returns when the listener is drained and everything served.
func asBackend(control, service string, o backend.Options, requests func() int64, serve func(net.Listener) error) error {
	before, err := countSockets()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	ln, err := backend.Listen(ctx, control, service, o)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- serve(ln) }()
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	ctx, cancel = context.WithTimeout(context.Background(), hang)
	defer cancel()
	if err := errors.Join(ln.Drain(ctx), <-done); err != nil {
		return err
	}
	did := served{Requests: requests(), Backend: ln.Stats()}
	for end := time.Now().Add(hang); ; time.Sleep(5 * time.Millisecond) {
		now, err := countSockets()
		if err != nil {
			return err
		}
		if did.Sockets = now - before; did.Sockets <= 0 || time.Now().After(end) {
			return json.NewEncoder(os.Stdout).Encode(did)
		}
	}
}

// notClosed returns err unless it says that a listener or server was closed.
func notClosed(err error) error {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
