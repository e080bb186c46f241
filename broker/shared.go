package broker

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/fdpass"
)

// shared is what the links and connections of one broker share with it.
type shared struct {
	o           Options
	log         *slog.Logger
	limiter     *fallback.Limiter
	ledger      fdpass.Ledger
	correlation atomic.Uint64  // of the latest offer
	buffers     sync.Pool      // *[]byte, for one frame each
	readers     sync.WaitGroup // the goroutines of links
}

// trace reports a step that is about no link.
func (s *shared) trace(event Event) {
	if s.o.Trace != nil {
		s.o.Trace(event)
	}
}

// buffer returns a buffer for one frame, which the caller puts back.
func (s *shared) buffer() *[]byte {
	if buffer, ok := s.buffers.Get().(*[]byte); ok {
		return buffer
	}
	return new([]byte)
}
