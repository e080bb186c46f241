package backend_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// A broker that refuses a backend says why and closes, without reading its hello: the hello cannot
// be written, and the reason is in the socket's queue.
func TestReasonOfABrokerThatReadsNothing(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	o, reached, resume := stopping(backend.OpDialControl)
	failed := make(chan error, 1)
	go func() {
		_, err := backend.Listen(context.Background(), b.path, service, o)
		failed <- err
	}()
	<-reached
	b.accept()
	b.send(&wire.Bye{Reason: wire.ByeBusy, Detail: "too many"})
	require.NoError(t, b.link.link.Close())
	close(resume)
	var refused *backend.RefusedError
	require.ErrorAs(t, <-failed, &refused)
	require.Equal(t, backend.RefusedError{Reason: wire.ByeBusy, Detail: "too many"}, *refused)
}

// journal keeps the messages of a log.
type journal struct {
	slog.Handler
	mu       sync.Mutex
	messages []string
}

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.messages = append(j.messages, r.Message)
	return nil
}

func (*journal) Enabled(context.Context, slog.Level) bool { return true }

func (j *journal) logged() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.messages)
}

// An operator reads in the log when the link came, why it went, and that it is dialled again.
func TestLogTellsOfTheLink(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	j := &journal{Handler: slog.DiscardHandler}
	ln := b.listen(backend.Options{Logger: slog.New(j)})
	b.send(&wire.Bye{Reason: wire.ByeClosing})
	b.readEOF()
	b.accept()
	_, ok := b.read().(*wire.LinkHello)
	require.True(t, ok)
	b.write([]byte("garbage"), -1)
	b.readEOF()
	b.welcome()
	b.ping()
	require.NoError(t, ln.Close())
	require.Equal(t, []string{
		"linked", "broker says bye", "link ended", "broker not reached", "linked", "link ended",
	}, j.logged())
}
