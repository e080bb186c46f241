package broker

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/handoff-go/handoff/wire"
)

// Serve accepts clients and hands them over. The route says what its clients, which know nothing
// of handoff, want; with a nil route they speak the explicit mode and say it themselves. A broker may
// serve several listeners, each with a route of its own.
//
// It blocks until Shutdown, and returns ErrClosed then, or the error of the listener. ln must be
// a *net.TCPListener or *net.UnixListener and belongs to the broker from then on: Shutdown closes it,
// and nothing else may.
//
// A client whose first bytes have arrived is served on the accepting goroutine; for others there is
// a goroutine each until they have, Options.MaxWaiting at most.
func (b *Broker) Serve(ln net.Listener, route Route) error {
	switch ln.(type) {
	case *net.TCPListener, *net.UnixListener:
	default:
		return &UnsupportedError{What: fmt.Sprintf("accepting from a %T", ln)}
	}
	file, err := fdpass.ListenerFile(ln)
	if err != nil {
		return err
	}
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return err
	}
	both := bothClosers{file, ln}
	if !b.serve(both) {
		both.Close()
		return ErrClosed
	}
	defer b.served(both)
	wait := fdpass.Backoff{Most: acceptPause}
	for {
		fd, from, err := fdpass.Accept(raw)
		if err != nil {
			if b.isClosing() {
				return ErrClosed
			}
			if errors.Is(err, net.ErrClosed) {
				return err
			}
			b.log.Warn("client not accepted", "error", err)
			wait.Sleep(b.closing.Done())
			continue
		}
		wait.Reset()
		b.admit(&pendingClient{b: b, conn: b.acceptedConn(fd), route: route, local: ln.Addr(), from: from, began: time.Now()})
	}
}

// ServeBackends accepts the links of backends. It blocks until Shutdown, and returns ErrClosed then,
// or the error of the listener. ln must be a *net.UnixListener and belongs to the broker from then
// on: Shutdown closes it. The socket's file mode, which should be 0600, says who may connect; then
// Service.UIDs says who may serve.
func (b *Broker) ServeBackends(ln net.Listener) error {
	control, ok := ln.(*net.UnixListener)
	if !ok {
		return &UnsupportedError{What: fmt.Sprintf("a control socket that is a %T", ln)}
	}
	if !b.serve(ln) {
		ln.Close()
		return ErrClosed
	}
	defer b.served(ln)
	wait := fdpass.Backoff{Most: acceptPause}
	for {
		conn, err := control.AcceptUnix()
		if err != nil {
			if b.isClosing() {
				return ErrClosed
			}
			if errors.Is(err, net.ErrClosed) || timeout(err) {
				return err
			}
			b.log.Warn("control connection not accepted", "error", err)
			wait.Sleep(b.closing.Done())
			continue
		}
		wait.Reset()
		if b.linked.Add(1) > int64(b.o.MaxLinks) {
			b.linked.Add(-1)
			b.log.Warn("backend refused", "error", errLinks)
			bye := wire.Bye{Reason: wire.ByeBusy, Detail: errLinks.Error()}
			_, _ = conn.Write(bye.Append(nil)) // nothing was written before, so there is room
			conn.Close()
			continue
		}
		b.readers.Add(1) // ServeBackends itself is counted, so Shutdown still waits
		go func() {
			defer b.readers.Done()
			defer b.linked.Add(-1)
			b.serveLink(conn)
		}()
	}
}

// bothClosers are a listener and its duplicate, which is accepted from.
type bothClosers struct {
	file *os.File
	ln   net.Listener
}

func (c bothClosers) Close() error { return errors.Join(c.file.Close(), c.ln.Close()) }

// serve notes a listener, for Shutdown to close. It returns false after Shutdown began.
func (b *Broker) serve(c io.Closer) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shuttingDown {
		return false
	}
	b.running.Add(1)
	b.serving[c] = true
	return true
}

func (b *Broker) served(c io.Closer) {
	b.mu.Lock()
	delete(b.serving, c)
	b.mu.Unlock()
	if f, ok := c.(bothClosers); ok {
		f.file.Close()
	}
	b.running.Done()
}

// acceptPause is the longest pause after a failed accept.
const acceptPause = time.Second
