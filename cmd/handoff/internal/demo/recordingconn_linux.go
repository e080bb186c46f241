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

// recordingConn is a client's connection that records all that is read from it, up to
// its end, so that bytes of a second owner behind the answer are noticed.
type recordingConn struct {
	net.Conn
	once   sync.Once
	closed chan struct{}

	mu    sync.Mutex
	bytes bytes.Buffer
	end   error // the error that ended reading; nil: not ended
}

func newRecordingConn(conn net.Conn) *recordingConn {
	return &recordingConn{Conn: conn, closed: make(chan struct{})}
}

// maxAnswer is the number of bytes that Close reads at most.
const maxAnswer = 64 << 10

func (t *recordingConn) Read(p []byte) (int, error) {
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
func (t *recordingConn) Close() error {
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

// onlyReader hides every method but Read.
type onlyReader struct{ io.Reader }

// onlyAnswer waits until the transport has closed t, and returns an error unless
// all that came is one HTTP answer and then the end.
func (t *recordingConn) onlyAnswer() error {
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
