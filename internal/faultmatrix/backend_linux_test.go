package faultmatrix_test

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/handoff-go/handoff/backend"
)

// greeting is how many bytes a server writes before it reads any.
const greeting = 4

// serveTagged writes a tag for the greeting, and one for every byte that it reads: all
// that a party ever writes as an owner is its own tag.
func serveTagged(c net.Conn, tag byte, wrote func(total int)) {
	defer c.Close()
	if _, err := c.Write(bytes.Repeat([]byte{tag}, greeting)); err != nil {
		return
	}
	total := greeting
	wrote(total)
	var room [512]byte
	for {
		n, err := c.Read(room[:])
		if n > 0 {
			if _, err := c.Write(bytes.Repeat([]byte{tag}, n)); err != nil {
				return
			}
			total += n
			wrote(total)
		}
		if err != nil {
			return
		}
	}
}

// playBackend is a backend. Its name is its tag. A backend that holds leaves offers in its
// queue until it is told to accept.
func playBackend(s *stage) error {
	o := backend.Options{
		// One that redials does so when the broker's end of the old link is over.
		RedialMin: 20 * time.Millisecond, RedialMax: 20 * time.Millisecond,
		Trace: func(e backend.Event) {
			s.step(report{Op: string(e.Op), Link: e.Link, Offer: e.Correlation, Note: e.Note}, e.Err)
		},
	}
	dialling, stop := context.WithCancel(context.Background())
	b := &host{stage: s, dialled: make(chan struct{})}
	go b.listen(dialling, o)
	return s.obey(map[string]func(command) error{
		"accept": func(command) error { b.accept(); return nil },
		"close": func(command) error { // which takes as long as the link's reader is stopped
			b.serving.Go(func() { b.listener().Close() })
			return nil
		},
		"drain": func(command) error {
			b.serving.Go(func() { _ = b.listener().Drain(context.Background()) })
			return nil
		},
		"rest": func(command) error {
			ln := b.listener()
			if ln == nil {
				return nil // there is no broker
			}
			b.accept()
			return until("the backend is at rest", func() bool { n := ln.Stats(); return n.Undecided == 0 && n.Queued == 0 })
		},
		"finish": func(command) error {
			stop()
			<-b.dialled
			var n backend.Descriptors
			if ln := b.listener(); ln != nil {
				ln.Close()
				b.accept() // it returns at once
				b.serving.Wait()
				n = ln.Stats().Descriptors
			}
			return s.close(books{Opened: n.Opened, Closed: n.Closed, Adopted: n.Adopted, Open: n.Open})
		},
	})
}

// host is what a backend runs its listener with.
type host struct {
	*stage
	dialled chan struct{} // closed when there is a listener, or will be none
	serving sync.WaitGroup

	mu        sync.Mutex
	ln        *backend.Listener // nil: none yet
	accepting bool
}

// listen links with the broker, and tries again if that is refused.
func (b *host) listen(ctx context.Context, o backend.Options) {
	defer close(b.dialled)
	for ctx.Err() == nil {
		ln, err := backend.Listen(ctx, filepath.Join(b.Dir, controlSocket), service, o)
		if err == nil {
			b.linked(ln)
			return
		}
		b.say(report{Kind: "refused", Err: err.Error()})
		time.Sleep(20 * time.Millisecond)
	}
}

// linked takes the listener, and goes on as the role says.
func (b *host) linked(ln *backend.Listener) {
	b.mu.Lock()
	b.ln = ln
	b.mu.Unlock()
	if !b.Hold {
		b.accept()
		_ = until("an Accept waits", func() bool { n := ln.Stats(); return n.Waiting > 0 || n.Offers > 0 })
	} else {
		b.serving.Go(func() {
			_ = until("an offer queues", func() bool { return ln.Stats().Queued > 0 || b.isAccepting() })
			if !b.isAccepting() {
				b.say(report{Kind: "queued"})
			}
		})
	}
	b.say(report{Kind: "up"})
}

func (b *host) listener() *backend.Listener {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ln
}

func (b *host) isAccepting() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.accepting
}

// acceptors is how many Accepts wait, so that one does when an offer comes right behind
// another.
const acceptors = 4

// accept begins to accept, once. There is a listener.
func (b *host) accept() {
	b.mu.Lock()
	again := b.accepting
	b.accepting = true
	ln := b.ln
	b.mu.Unlock()
	if again {
		return
	}
	for range acceptors {
		b.serving.Go(func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				// Before the first byte is read or written.
				client := c.(*backend.Conn).Info().ClientAddress
				b.say(report{Kind: "serving", Note: client})
				b.serving.Go(func() {
					serveTagged(c, b.Name[0], func(total int) {
						b.say(report{Kind: "wrote", Note: client, Bytes: total})
					})
					b.say(report{Kind: "served", Note: client})
				})
			}
		})
	}
}
