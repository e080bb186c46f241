package tracing

import (
	"context"
	"sync"

	"github.com/handoff-go/handoff/backend"
)

const greeting = "hello\n"

// served is a backend with the goroutines that accept from it.
type served struct {
	*backend.Listener
	accepting sync.WaitGroup
}

// listen links a backend, from which so many goroutines accept.
func (w *world) listen(ctx context.Context, step func(backend.Event), accepting int) (*served, error) {
	ln, err := backend.Listen(ctx, w.control.Addr().String(), service, backend.Options{Queue: 1, Trace: step})
	if err != nil {
		return nil, err
	}
	s := &served{Listener: ln}
	for range accepting {
		s.accepting.Go(s.greet)
	}
	return s, nil
}

// greet greets every client, until the listener is closed.
func (s *served) greet() {
	for {
		conn, err := s.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Write([]byte(greeting)) // to one that hung up it fails
		conn.Close()
	}
}

func (s *served) close() {
	s.Close()
	s.accepting.Wait()
}
