package demo

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// tap is a client's connection that keeps what it brings, to the very end.
type tap struct {
	net.Conn
	once   sync.Once
	closed chan struct{}

	mu    sync.Mutex
	bytes bytes.Buffer
	end   error // what reading ended with; nil: it has not
}

func newTap(conn net.Conn) *tap { return &tap{Conn: conn, closed: make(chan struct{})} }

// maxAnswer bounds what a tap reads on after the transport is done with it.
const maxAnswer = 64 << 10

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes.Write(p[:n])
	if err != nil {
		t.end = err
	}
	return n, err
}

// Close reads on to the end of the connection, within closeLimit, before it
// closes it.
func (t *tap) Close() error {
	err := net.ErrClosed
	t.once.Do(func() {
		defer close(t.closed)
		if err = t.Conn.SetReadDeadline(time.Now().Add(closeLimit)); err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(onlyReader{t}, maxAnswer)) // end tells
		}
		err = t.Conn.Close()
	})
	return err
}

// onlyReader hides that a tap could do more than Read.
type onlyReader struct{ io.Reader }

// onlyAnswer waits until the transport has closed t, and returns an error unless
// all that came is one HTTP answer and then the end.
func (t *tap) onlyAnswer() error {
	timer := time.NewTimer(2 * closeLimit)
	defer timer.Stop()
	select {
	case <-t.closed:
	case <-timer.C:
		return errors.New("the connection stays open")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !errors.Is(t.end, io.EOF) {
		return fmt.Errorf("the connection does not end behind the answer: %w", t.end)
	}
	rest := bufio.NewReader(&t.bytes)
	resp, err := http.ReadResponse(rest, nil)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if n, _ := io.Copy(io.Discard, rest); n > 0 {
		return fmt.Errorf("%d bytes follow the answer", n)
	}
	return nil
}
