package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"

	"github.com/handoff-go/handoff/backend"
)

// backendPool are the backends of a soak. One that dies by SIGKILL is started again.
type backendPool struct {
	ctx     context.Context
	role    role
	fail    context.CancelCauseFunc
	keepers sync.WaitGroup

	mu     sync.Mutex
	alive  map[*process]backend.Stats // with what each last told
	dead   Seen
	killed int
	ending bool
}

func startBackendPool(ctx context.Context, r role, fail context.CancelCauseFunc) (*backendPool, error) {
	h := &backendPool{ctx: ctx, role: r, fail: fail, alive: map[*process]backend.Stats{}}
	for range soakBackends {
		p, err := start(ctx, backendRole, r)
		if err != nil {
			fail(err)
			h.keepers.Wait()
			return nil, err
		}
		h.mu.Lock()
		h.alive[p] = backend.Stats{}
		h.mu.Unlock()
		h.keepers.Go(func() { h.keep(p) })
	}
	return h, nil
}

// keep starts a backend again, each time that it was killed.
func (h *backendPool) keep(p *process) {
	for {
		<-p.ended
		clean(h.role.dir, p.cmd.Process.Pid)
		h.mu.Lock()
		told := h.alive[p]
		delete(h.alive, p)
		ending := h.ending
		if !ending { // else finish has heard its last word
			h.dead.Rejected += told.Rejected
			h.dead.Revoked += told.Revoked
		}
		h.mu.Unlock()
		if ending || h.ctx.Err() != nil {
			return
		}
		status, _ := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !status.Signaled() || status.Signal() != syscall.SIGKILL {
			h.fail(fmt.Errorf("a backend ended: %v", p.cmd.ProcessState))
			return
		}
		next, err := start(h.ctx, backendRole, h.role)
		if err != nil {
			h.fail(err)
			return
		}
		h.mu.Lock()
		h.killed++
		h.alive[next] = backend.Stats{}
		h.mu.Unlock()
		p = next
	}
}

func (h *backendPool) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.killed
}

// members returns those that live.
func (h *backendPool) members() (all []*process) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p := range h.alive {
		all = append(all, p)
	}
	return all
}

// look asks each backend what it has seen. One that dies meanwhile has no answer.
func (h *backendPool) look() {
	for _, p := range h.members() {
		s, err := p.sample(0)
		if err != nil || s.Backend == nil {
			continue
		}
		h.mu.Lock()
		if _, lives := h.alive[p]; lives {
			h.alive[p] = *s.Backend
		}
		h.mu.Unlock()
	}
}

// finish ends all backends in order.
func (h *backendPool) finish() (last []Sample, err error) {
	h.mu.Lock()
	h.ending = true
	h.mu.Unlock()
	for _, p := range h.members() {
		s, failed := p.finish()
		err = errors.Join(err, failed)
		last = append(last, *s)
		if s.Backend != nil {
			h.mu.Lock()
			h.dead.Rejected += s.Backend.Rejected
			h.dead.Revoked += s.Backend.Revoked
			h.mu.Unlock()
		}
	}
	h.keepers.Wait()
	return last, err
}

// seen returns the sum of what those told that have ended.
func (h *backendPool) seen() Seen {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead
}
