package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/child"
)

// The waits that end a run with an error.
const (
	startLimit  = 30 * time.Second // for a process to start
	opLimit     = 30 * time.Second // for one client
	restLimit   = 60 * time.Second // for all to be at rest
	finishLimit = 30 * time.Second // for a process to end when told so
)

// addresses tells where a process listens, by network, and for whom.
type addresses struct{ Explicit, Plain, Direct map[string]string }

// process is a child, which answers lines on its stdin with JSON on its stdout.
type process struct {
	cmd   *exec.Cmd
	at    addresses
	ended chan struct{} // closed when it has ended; status is set then

	mu     sync.Mutex // held for a question and its answer
	stdin  io.WriteCloser
	heard  *json.Decoder
	status error
}

// start starts a role and returns when it is ready.
func start(ctx context.Context, name string, r role) (*process, error) {
	cmd, err := child.Command(ctx, name, "--dir="+r.dir, "--soak="+strconv.FormatBool(r.soak), "--faults="+strconv.FormatBool(r.faults))
	if err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, ended: make(chan struct{})}
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	// A pipe of our own: Wait must not close it under an answer that is being read.
	out, theirs, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, p.stdin.Close())
	}
	cmd.Stdout = theirs
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	p.heard = json.NewDecoder(out)
	timer := time.AfterFunc(startLimit, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	if err := p.heard.Decode(&p.at); err != nil {
		_ = cmd.Process.Kill() // it may have ended
		return nil, errors.Join(fmt.Errorf("%s does not start: %w", name, err), cmd.Wait(), out.Close())
	}
	go func() {
		p.status = cmd.Wait()
		p.mu.Lock()
		out.Close()
		p.mu.Unlock()
		close(p.ended)
	}()
	return p, nil
}

// cpu returns how much CPU time the threads of the process have had, those that ended
// not included; zero if it is not known.
func (p *process) cpu() (sum time.Duration) {
	stats, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.cmd.Process.Pid)) // a fixed pattern is never bad
	for _, stat := range stats {
		b, err := os.ReadFile(stat)
		if err != nil {
			continue // it has just ended
		}
		running, _, _ := strings.Cut(string(b), " ")
		ns, _ := strconv.ParseInt(running, 10, 64)
		sum += time.Duration(ns)
	}
	return sum
}

// sample asks for a sample. opened is how many clients have connected, for the broker
// to wait for.
func (p *process) sample(opened int) (*Sample, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := fmt.Fprintln(p.stdin, opened); err != nil {
		return nil, err
	}
	var s Sample
	if err := p.heard.Decode(&s); err != nil {
		return nil, err
	}
	return &s, nil
}

// finish tells the process to end, and returns its last sample.
func (p *process) finish() (*Sample, error) {
	timer := time.AfterFunc(finishLimit, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	p.mu.Lock()
	p.stdin.Close()
	var s Sample
	err := p.heard.Decode(&s)
	p.mu.Unlock()
	<-p.ended
	if p.status != nil {
		err = errors.Join(err, fmt.Errorf("%s: %w", filepath.Base(p.cmd.Path), p.status))
	}
	return &s, err
}

// attend answers questions with samples until in ends, and then sends the last one.
func attend(at addresses, in io.Reader, out io.Writer, sample func(opened int) (*Sample, error), last func() (*Sample, error)) error {
	tell := json.NewEncoder(out)
	if err := tell.Encode(at); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		opened, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		s, err := sample(opened)
		if err != nil {
			return err
		}
		if err := tell.Encode(s); err != nil {
			return err
		}
	}
	s, err := last()
	if err != nil {
		return err
	}
	return tell.Encode(s)
}

// take takes a sample of this process.
func take() (*Sample, error) {
	debug.FreeOSMemory() // collects, too
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	open, err := child.Descriptors()
	if err != nil {
		return nil, err
	}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return nil, fmt.Errorf("/proc/self/statm: %q", statm)
	}
	pages, err := strconv.Atoi(fields[1])
	return &Sample{
		Descriptors: len(open), Goroutines: runtime.NumGoroutine(),
		Heap: int(m.HeapAlloc), RSS: pages * os.Getpagesize(),
	}, err
}

// await polls until done, for a limited time. what names it in the error.
func await(limit time.Duration, what func() string, done func() bool) error {
	for end := time.Now().Add(limit); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("waited %v for rest: %s", limit, what())
		}
	}
	return nil
}
