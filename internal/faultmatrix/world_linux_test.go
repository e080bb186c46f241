package faultmatrix_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/client"
)

// linkOfA is the number of the broker's link to the first backend: the second one linked
// earlier.
const linkOfA = 2

// The names of the processes, and the tags of those that serve. The first backend is the
// one that the client's connection is offered to first.
const (
	first     = "A"
	second    = "B"
	tagTarget = 'P'
	tagDirect = 'R'
)

// world is the processes of one cell, and the servers and other clients in this one.
type world struct {
	cell
	scene    scenario
	dir      string
	deadline time.Duration

	broker, a, b, probe *process
	users               []*user // in this process
	servers             []net.Listener
	serving             sync.WaitGroup

	ctx context.Context // ends when the script need not go on
	end context.CancelFunc
}

// build starts everything but the client that it is about, up to the stop of an early
// scenario.
func build(c cell, deadline time.Duration) (*world, error) {
	w := &world{cell: c, scene: scenarios()[c.scenario], deadline: deadline}
	w.ctx, w.end = context.WithCancel(context.Background())
	var err error
	if w.dir, err = os.MkdirTemp("", "faults"); err != nil {
		return nil, err
	}
	return w, w.populate()
}

func (w *world) populate() (err error) {
	for socket, tag := range map[string]byte{reconnectSocket: tagDirect, targetSocket: tagTarget} {
		if err := w.serve(socket, tag); err != nil {
			return err
		}
	}
	ctx := context.Background()
	if w.broker, err = w.start(role{Party: "broker", Name: "broker", NoLease: w.scene.noLease, Pings: w.pingInterval(), Attempts: w.scene.attempts}); err != nil {
		return err
	}
	if _, err := w.broker.kind(ctx, "up"); err != nil {
		return err
	}
	if w.b, err = w.start(role{Party: "backend", Name: second}); err != nil {
		return err
	}
	if _, err := w.b.kind(ctx, "up"); err != nil {
		return err
	}
	// The established client: the second backend's, whatever happens to the broker.
	if err := w.user("established").ready(); err != nil {
		return err
	}
	if err := w.broker.tell(command{Do: "rest"}); err != nil {
		return err
	}
	if w.scene.early && w.party == "broker" {
		if err := w.arm(w.broker); err != nil {
			return err
		}
	}
	r := role{Party: "backend", Name: first, Hold: w.scene.hold}
	if w.scene.early && w.party == "backend" {
		r.Gates = []gate{w.gate()}
	}
	if w.a, err = w.start(r); err != nil || w.scene.early {
		return err
	}
	_, err = w.a.kind(ctx, "up")
	return err
}

// pingInterval is how often the broker pings; zero: never. It pings every backend, so the interval
// is long enough for a sound one to answer on a busy machine. Where the backend that does not
// answer is to be dropped, that comes two intervals later, and must come before the deadline.
func (w *world) pingInterval() time.Duration {
	const long = 300 * time.Millisecond
	switch {
	case !w.scene.pings:
		return 0
	case w.scene.dropped:
		return min(w.deadline/5, long)
	}
	return long
}

func (w *world) start(r role) (*process, error) {
	r.Dir, r.Deadline = w.dir, w.deadline
	return start(r)
}

// serve runs a server of this process.
func (w *world) serve(socket string, tag byte) error {
	ln, err := net.Listen("unix", filepath.Join(w.dir, socket))
	if err != nil {
		return err
	}
	w.servers = append(w.servers, ln)
	w.serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			w.serving.Go(func() { serveTagged(c, tag, func(int) {}) })
		}
	})
	return nil
}

// user connects another client to the broker.
func (w *world) user(name string) *user {
	u := &user{ear: ear{name: filepath.Join(w.dir, name)}}
	w.users = append(w.users, u)
	u.dial(w.dir, clientsSocket, service, nil)
	u.ask(greeting)
	return u
}

// ready reports whether the user is served by a backend.
func (u *user) ready() error {
	if u.err != nil || u.adopt() != client.Adopted {
		return fmt.Errorf("%s is not served: %s, %v", filepath.Base(u.name), u.ending(), u.err)
	}
	return nil
}

// gate is where the faulty party stops.
func (w *world) gate() gate {
	g := gate{ID: "fault", Op: w.name}
	if w.party == "broker" {
		g.Link = linkOfA
	}
	return g
}

// faulty returns the process that the fault happens to.
func (w *world) faulty() *process {
	return map[string]*process{"broker": w.broker, "backend": w.a, "client": w.probe}[w.party]
}

func (w *world) arm(p *process) error { return p.tell(command{Do: "arm", Gate: w.gate()}) }

// alive are the processes that no fault has ended.
func (w *world) alive() []*process {
	var all []*process
	for _, p := range []*process{w.broker, w.a, w.b, w.probe} {
		if p != nil && !p.isKilled() {
			all = append(all, p)
		}
	}
	return all
}

// clear ends whatever is left. It returns what the processes said on their standard
// error; when something hangs that is where.
func (w *world) clear(hangs bool) string {
	w.end()
	var said string
	for _, p := range w.alive() {
		if hangs {
			_ = p.cmd.Process.Signal(syscall.SIGCONT)
			_ = p.cmd.Process.Signal(syscall.SIGQUIT)
			select {
			case <-p.read:
			case <-time.After(2 * time.Second):
			}
		}
		p.kill()
		said += p.stderr.String()
	}
	for _, p := range []*process{w.broker, w.a, w.b, w.probe} {
		if p != nil {
			p.in.Close()
		}
	}
	for _, ln := range w.servers {
		ln.Close()
	}
	for _, u := range w.users {
		if u.conn != nil {
			u.conn.Close()
		}
	}
	w.serving.Wait()
	os.RemoveAll(w.dir)
	return said
}
