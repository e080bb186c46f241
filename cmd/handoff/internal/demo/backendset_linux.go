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

// regularBackends is the number of backends that serve; victims are started in addition.
const regularBackends = 2

// victimPrefix begins the names of backends that are killed at their first offer.
const victimPrefix = "victim-"

// servicesOf returns what a backend of that name links as.
func servicesOf(name string) []string {
	if strings.HasPrefix(name, victimPrefix) {
		return []string{plan.Kill.String()}
	}
	return []string{plan.OK.String(), plan.Slow.String(), plan.Never.String(), retryService}
}

// identity is how a backend calls itself.
func identity(name string, pid int) string { return fmt.Sprintf("%s/%d", name, pid) }

// backendSet are the backends' processes.
type backendSet struct {
	cfg   Config
	dir   string
	stats *brokerStats

	starting chan struct{} // bounds how many start at once
	reapers  sync.WaitGroup

	mu      sync.Mutex
	members map[*backendProcess]struct{} // those that are linked and not known to have ended
	ending  bool                         // all were told to end
}

// backendProcess is one backend's process.
type backendProcess struct {
	name, identity string
	cmd            *exec.Cmd
	messages       *json.Decoder

	writing sync.Mutex
	stdin   io.WriteCloser // one line per expired handoff; closing it asks the backend to finish
}

func newBackendSet(cfg Config, dir string) *backendSet {
	return &backendSet{cfg: cfg, dir: dir, starting: make(chan struct{}, 4), members: map[*backendProcess]struct{}{}}
}

// startRegular starts the backends that serve and returns what they call themselves.
func (f *backendSet) startRegular() (identities []string, err error) {
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
func (f *backendSet) start(name string) error {
	f.starting <- struct{}{}
	defer func() { <-f.starting }()
	cmd, err := child.Command(context.Background(), backendRole, append(f.cfg.args(f.dir), "--name="+name)...)
	if err != nil {
		return err
	}
	m := &backendProcess{name: name, cmd: cmd}
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
	m.identity, m.messages = identity(name, cmd.Process.Pid), json.NewDecoder(stdout)
	f.stats.register(m.identity, cmd.Process.Pid, servicesOf(name))
	timer := time.AfterFunc(startLimit, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	var first message
	if err := m.messages.Decode(&first); err != nil || !first.Linked {
		_ = cmd.Process.Kill() // it may have ended
		return errors.Join(fmt.Errorf("%s does not start: %w", m.identity, err), cmd.Wait())
	}
	f.mu.Lock()
	f.members[m] = struct{}{}
	f.mu.Unlock()
	f.reapers.Go(func() { f.reap(m) })
	return nil
}

// expired reports to all backends that a handoff has expired: slow ones wait for it.
func (f *backendSet) expired(correlation uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for m := range f.members {
		if !strings.HasPrefix(m.name, victimPrefix) {
			m.sendExpired(correlation)
		}
	}
}

func (m *backendProcess) sendExpired(correlation uint64) {
	m.writing.Lock()
	defer m.writing.Unlock()
	_, _ = fmt.Fprintln(m.stdin, correlation) // it may have died
}

// finish asks all backends to end, and returns when they have ended.
func (f *backendSet) finish() {
	f.mu.Lock()
	f.ending = true
	for m := range f.members {
		m.stdin.Close()
	}
	f.mu.Unlock()
	f.reapers.Wait()
}

// reap reads a backend's account, waits for its process and judges how it ended: a
// victim must die by SIGKILL, any other backend must end cleanly when asked to.
func (f *backendSet) reap(m *backendProcess) {
	var last message
	noAccount := m.messages.Decode(&last)
	timer := time.AfterFunc(finishLimit, func() { _ = m.cmd.Process.Kill() })
	defer timer.Stop()
	err := m.cmd.Wait()
	f.mu.Lock()
	delete(f.members, m)
	ending := f.ending
	f.mu.Unlock()
	status, _ := m.cmd.ProcessState.Sys().(syscall.WaitStatus)
	victim := strings.HasPrefix(m.name, victimPrefix)
	b := f.stats
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case victim && status.Signaled() && status.Signal() == syscall.SIGKILL:
		b.report.Killed++
		return
	case err != nil || victim || !ending || last.Account == nil:
		b.problemLocked("%s ended: %v, its account %v", m.identity, m.cmd.ProcessState, noAccount)
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
