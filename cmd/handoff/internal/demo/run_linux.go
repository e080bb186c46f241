package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/child"
	"github.com/handoff-go/handoff/registry"
)

// Run runs the whole demo: it starts the broker's process, which starts the
// backends', runs the clients here, and returns what all of them counted, for
// [Ledger.Check] to judge. Progress goes to w as it is made.
//
// It blocks until every process that it started has ended. The error is a
// *ConfigError, ctx's cause, or why the run could not be finished; the Ledger is
// nil then.
func Run(ctx context.Context, cfg Config, w io.Writer) (*Ledger, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	started := time.Now()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dir, err := os.MkdirTemp("", "handoff-demo-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	broker, err := startBroker(ctx, cfg, dir, cancel)
	if err != nil {
		return nil, err
	}
	defer broker.wait()
	defer cancel(nil) // kills the broker, if it has not ended
	hello, err := within(ctx, startLimit, broker.ready, "the broker to start")
	if err != nil {
		return nil, err
	}
	all := newClients(cfg, dir, hello, broker.startVictim)
	show := startProgress(w, cfg, hello, broker.stats.Load, all.snapshot)
	all.run(ctx)
	show.waiting()
	err = broker.stdin.Close() // tells it to finish
	report, noReport := within(ctx, 3*finishLimit, broker.report, "the broker's report")
	if err := errors.Join(noReport, err); err != nil {
		show.stop("broken off")
		return nil, err
	}
	show.stop("done")
	if err := broker.wait(); err != nil {
		return nil, fmt.Errorf("the broker: %w", err)
	}
	return &Ledger{Config: cfg, Broker: report, Clients: all.snapshot(), Took: time.Since(started)}, nil
}

// within waits for a value, for a limited time. what names it in the error.
func within[T any](ctx context.Context, limit time.Duration, values <-chan T, what string) (v T, err error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case v = <-values:
		return v, nil
	case <-ctx.Done():
		return v, context.Cause(ctx)
	case <-timer.C:
		return v, fmt.Errorf("waited %v for %s", limit, what)
	}
}

// brokerProcess is the broker as the first process sees it.
type brokerProcess struct {
	cmd       *exec.Cmd
	stdin     io.WriteCloser
	ready     chan ready
	report    chan Report
	victims   chan struct{}                  // has room for every backend that may be asked for
	stats     atomic.Pointer[registry.Stats] // the latest; nil: none yet
	outputEnd chan struct{}                  // closed at the end of its output
	waited    bool
	status    error
}

var errBrokerGone = errors.New("the broker ended before its report")

// startBroker starts the broker. gone is called if it ends without a report.
func startBroker(ctx context.Context, cfg Config, dir string, gone context.CancelCauseFunc) (*brokerProcess, error) {
	cmd, err := child.Command(ctx, brokerRole, cfg.args(dir)...)
	if err != nil {
		return nil, err
	}
	b := &brokerProcess{
		cmd: cmd, ready: make(chan ready, 1), report: make(chan Report, 1), outputEnd: make(chan struct{}),
		victims: make(chan struct{}, offersEach*cfg.Connections),
	}
	if b.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, b.stdin.Close())
	}
	if err := cmd.Start(); err != nil {
		return nil, err // Start has closed the pipes
	}
	go b.listen(stdout, gone)
	return b, nil
}

func (b *brokerProcess) listen(stdout io.Reader, gone context.CancelCauseFunc) {
	defer close(b.outputEnd)
	in := json.NewDecoder(stdout)
	reported := false
	for {
		var m message
		if err := in.Decode(&m); err != nil {
			if !reported {
				gone(errBrokerGone)
			}
			return
		}
		switch {
		case m.Ready != nil && len(b.ready) == 0:
			b.ready <- *m.Ready
		case m.Progress != nil:
			b.stats.Store(m.Progress)
		case m.VictimLinked && len(b.victims) < cap(b.victims):
			b.victims <- struct{}{}
		case m.Report != nil && !reported:
			reported = true
			b.report <- *m.Report
		}
	}
}

// startVictim asks for a backend that will be killed, and returns when one is linked.
// Victims are interchangeable, so each caller takes one report.
func (b *brokerProcess) startVictim(ctx context.Context) error {
	if _, err := b.stdin.Write([]byte("\n")); err != nil {
		return err
	}
	select {
	case <-b.victims:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wait reaps the process, and kills it if it does not end by itself; its backends end
// with it.
func (b *brokerProcess) wait() error {
	if b.waited {
		return b.status
	}
	timer := time.AfterFunc(finishLimit, func() { _ = b.cmd.Process.Kill() })
	defer timer.Stop()
	<-b.outputEnd // Wait closes the pipe that is read
	b.waited, b.status = true, b.cmd.Wait()
	return b.status
}
