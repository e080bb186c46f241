package demo

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// request is what a client asks for. Its path tells who asks and how often it
// has, so that the broker knows the connection's class before it begins it.
type request struct{ connection, attempt uint32 }

// path is what the client GETs; route is the same for a ServeMux.
func (r request) path() string {
	return fmt.Sprintf("/connections/%d/attempts/%d", r.connection, r.attempt)
}

const (
	route          = "GET /connections/{connection}/attempts/{attempt}"
	maxRequestLine = 128
)

// parseRequestLine reads an HTTP/1.1 request line, its end included, in the one
// form that the demo's clients write.
func parseRequestLine(line string) (request, error) {
	parts := strings.Split(line, "/")
	if len(parts) != 6 {
		return request{}, fmt.Errorf("request line %.80q: not of the demo", line)
	}
	connection, err := strconv.ParseUint(parts[2], 10, 32)
	attempt, attemptErr := strconv.ParseUint(strings.TrimSuffix(parts[4], " HTTP"), 10, 32)
	if err := errors.Join(err, attemptErr); err != nil {
		return request{}, fmt.Errorf("request line %.80q: %w", line, err)
	}
	r := request{connection: uint32(connection), attempt: uint32(attempt)}
	if want := "GET " + r.path() + " HTTP/1.1\r\n"; line != want {
		return request{}, fmt.Errorf("request line %.80q: want %q", line, want)
	}
	return r, nil
}

// peek returns the request that arrives on conn, and leaves every byte of it for
// the backend. It waits for requestLimit in all.
func peek(conn *net.TCPConn) (request, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return request{}, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(requestLimit)); err != nil {
		return request{}, err
	}
	var buf [maxRequestLine]byte
	n := 0
	var failed error
	waited := raw.Read(func(fd uintptr) (done bool) {
		n, _, failed = unix.Recvfrom(int(fd), buf[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch {
		case failed == unix.EAGAIN || failed == unix.EINTR:
			failed = nil
			return false
		case failed != nil || n == 0:
			return true
		default:
			return n == len(buf) || bytes.IndexByte(buf[:n], '\n') >= 0 || ended(fd)
		}
	})
	switch {
	case waited != nil:
		return request{}, fmt.Errorf("peek: %w", waited)
	case failed != nil:
		return request{}, fmt.Errorf("peek: %w", failed)
	}
	end := bytes.IndexByte(buf[:n], '\n')
	if end < 0 {
		return request{}, fmt.Errorf("peek: no request line in the first %d bytes", n)
	}
	return parseRequestLine(string(buf[:end+1]))
}

// ended reports whether the peer sends no more. A peek cannot tell, while there
// is something to peek at.
func ended(fd uintptr) bool {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n > 0
}
