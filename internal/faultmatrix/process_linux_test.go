package faultmatrix_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a process of a cell, seen from the test.
type process struct {
	role
	cmd    *exec.Cmd
	in     io.WriteCloser
	stderr *bytes.Buffer // complete when it has ended
	read   chan struct{} // closed when all that it ever reported is in

	telling sync.Mutex // held by whoever waits for a command to be done

	mu       sync.Mutex
	changed  chan struct{} // closed when there is more
	reports  []report
	over     bool
	killed   bool
	released map[string]bool // gates that it was told to go on from
}

// start runs a role in a process of its own.
func start(r role) (*process, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	out, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	cmd := exec.Command(os.Args[0])
	// The race detector would have each process linger for a second.
	quick := os.Getenv("GORACE") + " atexit_sleep_ms=0"
	cmd.Env = append(os.Environ(), roleVariable+"="+string(text), "GORACE="+quick)
	cmd.ExtraFiles = []*os.File{theirs}
	p := &process{role: r, cmd: cmd, stderr: new(bytes.Buffer), read: make(chan struct{}), changed: make(chan struct{}), released: map[string]bool{}}
	cmd.Stderr = p.stderr
	if p.in, err = cmd.StdinPipe(); err != nil {
		out.Close()
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		out.Close()
		return nil, err
	}
	go p.follow(out)
	return p, nil
}

// follow takes in what the process reports.
func (p *process) follow(out *os.File) {
	defer close(p.read)
	defer out.Close()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var r report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			r = report{Kind: "nonsense", Note: lines.Text()}
		}
		p.note(func() { p.reports = append(p.reports, r) })
	}
	p.note(func() { p.over = true })
}

func (p *process) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	close(p.changed)
	p.changed = make(chan struct{})
}

// all returns what it has reported.
func (p *process) all() []report {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reports
}

// errHang says that something did not come in all the time that there was.
var errHang = errors.New("hangs")

// errGone says that a process ended before what was waited for.
var errGone = errors.New("is gone")

// await waits for a report among those from the index on, and returns it and the index
// behind it.
func (p *process) await(ctx context.Context, from int, what string, f func(report) bool) (report, int, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for i := from; ; {
		p.mu.Lock()
		reports, over, changed := p.reports, p.over, p.changed
		p.mu.Unlock()
		for ; i < len(reports); i++ {
			if f(reports[i]) {
				return reports[i], i + 1, nil
			}
		}
		if over {
			return report{}, i, fmt.Errorf("%s: %s: %w", p.Name, what, errGone)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return report{}, i, fmt.Errorf("%s: %s: %w", p.Name, what, context.Cause(ctx))
		case <-timer.C:
			return report{}, i, fmt.Errorf("%s: %s: %w", p.Name, what, errHang)
		}
	}
}

// kind waits for the first report of a kind.
func (p *process) kind(ctx context.Context, kind string) (report, error) {
	r, _, err := p.await(ctx, 0, kind, func(r report) bool { return r.Kind == kind })
	return r, err
}

// find returns the reports of a kind.
func (p *process) find(kind string) []report {
	var found []report
	for _, r := range p.all() {
		if r.Kind == kind {
			found = append(found, r)
		}
	}
	return found
}

// steps returns the reports of a step.
func (p *process) steps(op string) []report {
	var found []report
	for _, r := range p.find("step") {
		if r.Op == op {
			found = append(found, r)
		}
	}
	return found
}

// tell has it do something, and waits until it is done.
func (p *process) tell(c command) error {
	p.telling.Lock()
	defer p.telling.Unlock()
	at := len(p.all())
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("%s: %s: %w", p.Name, c.Do, errGone)
	}
	r, _, err := p.await(context.Background(), at, c.Do, func(r report) bool { return r.Kind == "done" && r.Note == c.Do })
	if err == nil && r.Err != "" {
		err = fmt.Errorf("%s: %s: %s", p.Name, c.Do, r.Err)
	}
	return err
}

// kill ends the process by SIGKILL. It returns when it is gone: an end of file that it
// leaves may be read sooner.
func (p *process) kill() {
	p.note(func() { p.killed = true })
	_ = p.cmd.Process.Kill()
	<-p.read
	_ = p.cmd.Wait()
}

// freeze stops the process, and returns when it has stopped.
func (p *process) freeze() error {
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(p.cmd.Process.Pid, &status, unix.WUNTRACED, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || !status.Stopped() {
			return fmt.Errorf("%s did not stop: %v, %v", p.Name, status, err)
		}
		return nil
	}
}

func (p *process) thaw() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// finish has it end by itself, with its books. It must leave nothing.
func (p *process) finish() error {
	if err := p.tell(command{Do: "finish"}); err != nil {
		return err
	}
	<-p.read
	err := p.cmd.Wait()
	if p.stderr.Len() > 0 || err != nil {
		return fmt.Errorf("%s: %v: %s", p.Name, err, strings.TrimSpace(p.stderr.String()))
	}
	return nil
}

// isHeld reports whether it has stopped at a gate and is not told to go on yet.
func (p *process) isHeld(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	held := false
	for _, r := range p.reports {
		held = held || r.Kind == "stopped" && r.Note == id
	}
	return held && !p.released[id]
}

// release has it go on from a gate.
func (p *process) release(id string) error {
	p.note(func() { p.released[id] = true })
	return p.tell(command{Do: "go", ID: id})
}

// isKilled reports whether a fault ended it.
func (p *process) isKilled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.killed
}
