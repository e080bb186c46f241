package faultmatrix_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/client"
)

// request is what a client writes, each time. Its answer has as many bytes.
const request = "request."

// heard is everything that a client read from one connection.
type heard struct {
	From  string // the socket that it connected to
	Bytes []byte
}

// ear makes connections and keeps what is read from them.
type ear struct {
	name string // the path that the first one is bound to, by which the broker knows it

	mu    sync.Mutex
	heard []heard
}

// listening is a connection that an ear listens to.
type listening struct {
	*net.UnixConn
	e     *ear
	index int
}

func (e *ear) connect(ctx context.Context, network, address string) (net.Conn, error) {
	e.mu.Lock()
	index := len(e.heard)
	e.heard = append(e.heard, heard{From: filepath.Base(address)})
	e.mu.Unlock()
	var d net.Dialer
	if index == 0 {
		d.LocalAddr = &net.UnixAddr{Name: e.name, Net: "unix"}
	}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &listening{c.(*net.UnixConn), e, index}, nil
}

// Read keeps what it read.
func (c *listening) Read(b []byte) (int, error) {
	n, err := c.UnixConn.Read(b)
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	h := &c.e.heard[c.index]
	h.Bytes = append(h.Bytes, b[:n]...)
	return n, err
}

func (e *ear) all() []heard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]heard(nil), e.heard...)
}

// user is a client and what it does: ask, be answered, and end.
type user struct {
	ear
	conn  net.Conn
	adopt func() client.Outcome // nil: a plain client
	err   error                 // the first that there was
}

// dial connects to one of the broker's sockets; nil, when the user's err says why not.
func (u *user) dial(dir, socket, wanted string, trace func(client.Event)) {
	address := filepath.Join(dir, socket)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if socket != clientsSocket {
		u.conn, u.err = u.connect(ctx, "unix", address)
		return
	}
	d := client.Dialer{Address: address, Service: wanted, Connect: u.connect, Trace: trace,
		ReplyTimeout: 2 * time.Second} // which only a stuck broker makes it wait
	if u.conn, u.err = d.DialContext(ctx, "", ""); u.err == nil {
		u.adopt = u.conn.(*client.Conn).Outcome
	}
}

// ask writes a request and waits for as many bytes as its answer has, and more.
func (u *user) ask(more int) {
	if u.err != nil {
		return
	}
	if _, u.err = io.WriteString(u.conn, request); u.err == nil {
		_, u.err = io.ReadFull(u.conn, make([]byte, more+len(request)))
	}
}

// finish ends the user's side and waits for the other end to end its.
func (u *user) finish() {
	if u.conn == nil {
		return
	}
	if half, ok := u.conn.(interface{ CloseWrite() error }); ok && u.err == nil {
		u.err = half.CloseWrite()
	}
	if u.err == nil {
		_, u.err = io.Copy(io.Discard, u.conn)
	}
	u.conn.Close()
}

// ending is what became of the user, in a word.
func (u *user) ending() string {
	var doubt *client.InDoubtError
	var refused *client.RefusedError
	var reconnect *client.ReconnectError
	switch {
	case errors.As(u.err, &doubt):
		return "doubt"
	case errors.As(u.err, &refused):
		return "refused"
	case errors.As(u.err, &reconnect):
		return "reconnect failed"
	case u.err == nil:
		return "answered"
	case isEnd(u.err):
		return "end"
	}
	return u.err.Error()
}

// isEnd reports whether an error says that the connection is over. Which of them depends
// on what was unread.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// playClient is the client whose connection is handed over.
func playClient(s *stage) error {
	u := &user{ear: ear{name: filepath.Join(s.Dir, s.Name)}}
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		u.dial(s.Dir, s.Mode, s.wanted(), func(e client.Event) {
			s.step(report{Op: string(e.Op), Offer: e.Correlation, Note: e.Note}, e.Err)
		})
		if u.conn == nil {
			s.say(report{Kind: "answer", Op: "connect", Note: u.ending()})
			return
		}
		u.ask(greeting)
		s.say(report{Kind: "answer", Op: u.outcome(), Note: u.ending()})
	}()
	return s.obey(map[string]func(command) error{
		"again": func(command) error {
			<-asked
			u.ask(0)
			s.say(report{Kind: "again", Note: u.ending()})
			return nil
		},
		"finish": func(command) error {
			<-asked
			u.finish()
			s.say(report{Kind: "heard", Heard: u.all()})
			return s.close(books{})
		},
	})
}

func (u *user) outcome() string {
	if u.adopt == nil {
		return "plain"
	}
	return u.adopt().String()
}

// wanted is the service that the client asks for: none is there in one scenario.
func (s *stage) wanted() string {
	if s.NoService {
		return noService
	}
	return service
}
