package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/link"
	"github.com/handoff-go/handoff/registry"
)

// peer is a backend as the broker sees it: a process and the link to it.
type peer struct {
	name     string
	identity string // name/pid, as its answers say
	backend  registry.Backend
	cmd      *exec.Cmd
	link     *link.Conn

	// The broker's mu guards what follows.
	offered map[uint64]*attempt // offers whose ACK may still come
	over    bool                // the link has ended: no more offers
	ending  bool                // it was told to end
	lost    error               // why the broker gave the link up, if it did
}

// start starts a backend and returns when it is ready for offers.
func (b *broker) start(name string) (*peer, error) {
	b.starting <- struct{}{}
	defer func() { <-b.starting }()
	conn, theirs, err := link.Pair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close() // the child has its own
	cmd, err := command(context.Background(), backendRole, append(b.cfg.args(), "--name="+name)...)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	cmd.ExtraFiles = []*os.File{theirs}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	p := &peer{
		name: name, identity: identity(name, cmd.Process.Pid), cmd: cmd, link: conn,
		backend: registry.Backend{Service: name, PID: cmd.Process.Pid},
		offered: map[uint64]*attempt{},
	}
	if err := p.awaitHello(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s does not start: %w", p.identity, err), cmd.Process.Kill(), cmd.Wait(), conn.Close())
	}
	b.mu.Lock()
	b.peers[p] = struct{}{}
	b.mu.Unlock()
	b.readers.Go(func() { b.attend(p) })
	return p, nil
}

// identity is how a backend calls itself.
func identity(name string, pid int) string { return fmt.Sprintf("%s/%d", name, pid) }

func (p *peer) awaitHello() error {
	if err := p.link.SetReceiveDeadline(time.Now().Add(startLimit)); err != nil {
		return err
	}
	f, _, err := p.link.Receive()
	if err != nil {
		return err
	}
	if f.Kind != link.Hello || f.Name != p.identity {
		return fmt.Errorf("its first frame is of kind %d and from %q", f.Kind, f.Name)
	}
	return p.link.SetReceiveDeadline(time.Time{})
}

// attend reads a link until it ends, and then sees to what is left of the
// backend: its handoffs are abandoned and its process is reaped.
func (b *broker) attend(p *peer) {
	err := b.receive(p)
	p.link.Close()
	b.mu.Lock()
	p.over = true
	if errors.Is(err, net.ErrClosed) && p.lost != nil {
		err = p.lost
	}
	left := make([]registry.Token, 0, len(p.offered))
	for _, a := range p.offered {
		left = append(left, a.token)
	}
	clear(p.offered)
	ending := p.ending
	delete(b.peers, p)
	b.mu.Unlock()
	late := 0
	for _, token := range left {
		if _, pending := b.reg.Abandon(token); !pending {
			late++
		}
	}
	if !ending {
		b.mu.Lock()
		b.report.LateEnds += late
		b.mu.Unlock()
	}
	b.reap(p, ending, err)
}

// receive returns why the link ended.
func (b *broker) receive(p *peer) error {
	for {
		f, _, err := p.link.Receive()
		if err != nil {
			return err
		}
		if f.Kind != link.Ack {
			return fmt.Errorf("a backend sends no frames of kind %d", f.Kind)
		}
		if err := b.acknowledge(p, f); err != nil {
			return err
		}
	}
}

// acknowledge takes one ACK. An error means that the backend is lying.
func (b *broker) acknowledge(p *peer, f link.Frame) error {
	b.mu.Lock()
	a := p.offered[f.ID]
	if a == nil || !a.token.Equal(f.Token) {
		b.mu.Unlock()
		return errors.New("an ACK for what it was not offered")
	}
	delete(p.offered, f.ID)
	b.mu.Unlock()
	_, err := b.reg.Acknowledge(f.Token, time.Now())
	var late *registry.DeadlineError
	switch {
	case err == nil:
	case errors.As(err, &late), errors.Is(err, registry.ErrNotPending):
		b.mu.Lock()
		b.report.LateRefused++
		b.mu.Unlock()
	default:
		b.problem("acknowledge: %v", err)
	}
	return nil
}

// lose gives a link up. Its reader does the rest.
func (b *broker) lose(p *peer, why error) {
	b.mu.Lock()
	if p.lost == nil {
		p.lost = why
	}
	b.mu.Unlock()
	p.link.Close()
}

// expectEnd tells a backend to finish. The broker's mu is held.
func (p *peer) expectEnd() {
	p.ending = true
	// Errors mean that the link has ended already.
	_ = p.link.SetReceiveDeadline(time.Now().Add(finishLimit))
	_ = p.link.CloseWrite()
}

// reap waits for a backend's process and judges its end: by SIGKILL if it was
// started for that, else when told to and without complaint.
func (b *broker) reap(p *peer, ending bool, link error) {
	timer := time.AfterFunc(finishLimit, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	err := p.cmd.Wait()
	status, _ := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	sacrificed := strings.HasPrefix(p.name, "sacrifice-")
	switch {
	case sacrificed && status.Signaled() && status.Signal() == syscall.SIGKILL:
		b.mu.Lock()
		defer b.mu.Unlock()
		b.report.Killed++
	case err != nil || sacrificed || !ending || !errors.Is(link, io.EOF):
		b.problem("%s ended: link %v, process %v", p.identity, link, p.cmd.ProcessState)
	}
}
