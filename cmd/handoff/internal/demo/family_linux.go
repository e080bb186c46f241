package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/child"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// regularBackends is how many backends serve; the sacrificed ones come on top.
const regularBackends = 2

// sacrificePrefix begins the names of backends that die with their first offer.
const sacrificePrefix = "sacrifice-"

// servicesOf returns what a backend of that name links as.
func servicesOf(name string) []string {
	if strings.HasPrefix(name, sacrificePrefix) {
		return []string{plan.Kill.String()}
	}
	return []string{plan.OK.String(), plan.Slow.String(), plan.Never.String(), retryService}
}

// identity is how a backend calls itself.
func identity(name string, pid int) string { return fmt.Sprintf("%s/%d", name, pid) }

// family are the backends' processes.
type family struct {
	cfg   Config
	dir   string
	books *books

	starting chan struct{} // bounds how many start at once
	reapers  sync.WaitGroup

	mu      sync.Mutex
	members map[*member]struct{} // those that are linked and not known to have ended
	ending  bool                 // all were told to end
}

// member is one backend's process.
type member struct {
	name, identity string
	cmd            *exec.Cmd
	heard          *json.Decoder

	telling sync.Mutex
	stdin   io.WriteCloser // lines: what has expired; its end: finish
}

func newFamily(cfg Config, dir string) *family {
	return &family{cfg: cfg, dir: dir, starting: make(chan struct{}, 4), members: map[*member]struct{}{}}
}

// startRegular starts the backends that serve and returns what they call themselves.
func (f *family) startRegular() (identities []string, err error) {
	for i := range regularBackends {
		if err := f.start(fmt.Sprintf("backend-%d", i+1)); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for m := range f.members {
		identities = append(identities, m.identity)
	}
	slices.Sort(identities)
	return identities, nil
}

// start starts a backend and returns when it is linked.
func (f *family) start(name string) error {
	f.starting <- struct{}{}
	defer func() { <-f.starting }()
	cmd, err := child.Command(context.Background(), backendRole, append(f.cfg.args(f.dir), "--name="+name)...)
	if err != nil {
		return err
	}
	m := &member{name: name, cmd: cmd}
	if m.stdin, err = cmd.StdinPipe(); err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return errors.Join(err, m.stdin.Close())
	}
	if err := cmd.Start(); err != nil {
		return err // Start has closed the pipes
	}
	m.identity, m.heard = identity(name, cmd.Process.Pid), json.NewDecoder(stdout)
	f.books.know(m.identity, cmd.Process.Pid, servicesOf(name))
	timer := time.AfterFunc(startLimit, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	var first message
	if err := m.heard.Decode(&first); err != nil || !first.Linked {
		_ = cmd.Process.Kill() // it may have ended
		return errors.Join(fmt.Errorf("%s does not start: %w", m.identity, err), cmd.Wait())
	}
	f.mu.Lock()
	f.members[m] = struct{}{}
	f.mu.Unlock()
	f.reapers.Go(func() { f.reap(m) })
	return nil
}

// expired tells all backends that a handoff has expired: slow ones wait for that.
func (f *family) expired(correlation uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for m := range f.members {
		if !strings.HasPrefix(m.name, sacrificePrefix) {
			m.tell(correlation)
		}
	}
}

func (m *member) tell(correlation uint64) {
	m.telling.Lock()
	defer m.telling.Unlock()
	_, _ = fmt.Fprintln(m.stdin, correlation) // it may have died
}

// finish tells all backends to end, and returns when they have.
func (f *family) finish() {
	f.mu.Lock()
	f.ending = true
	for m := range f.members {
		m.stdin.Close()
	}
	f.mu.Unlock()
	f.reapers.Wait()
}

// reap hears a backend's account, waits for its process and judges its end: by
// SIGKILL if it was started for that, else when told to and without complaint.
func (f *family) reap(m *member) {
	var last message
	heard := m.heard.Decode(&last)
	timer := time.AfterFunc(finishLimit, func() { _ = m.cmd.Process.Kill() })
	defer timer.Stop()
	err := m.cmd.Wait()
	f.mu.Lock()
	delete(f.members, m)
	ending := f.ending
	f.mu.Unlock()
	status, _ := m.cmd.ProcessState.Sys().(syscall.WaitStatus)
	sacrificed := strings.HasPrefix(m.name, sacrificePrefix)
	b := f.books
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case sacrificed && status.Signaled() && status.Signal() == syscall.SIGKILL:
		b.report.Killed++
		return
	case err != nil || sacrificed || !ending || last.Account == nil:
		b.problemLocked("%s ended: %v, its account %v", m.identity, m.cmd.ProcessState, heard)
	}
	if a := last.Account; a != nil {
		sum := &b.report.Backends
		sum.Opened += a.Descriptors.Opened
		sum.Closed += a.Descriptors.Closed
		sum.Adopted += a.Descriptors.Adopted
		sum.Open += a.Descriptors.Open
		if a.Direct > 0 {
			b.report.Direct[m.identity] = a.Direct
		}
	}
}
