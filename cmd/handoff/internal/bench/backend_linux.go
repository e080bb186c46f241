package bench

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/cmd/handoff/internal/child"
)

// messageSize is how long a request is, and its answer.
const messageSize = 64

// serveAsBackend is a backend's process. It answers until in ends.
func serveAsBackend(r role, in io.Reader, out io.Writer) error {
	if err := child.WarmPoller(); err != nil {
		return err
	}
	before, err := child.Descriptors()
	if err != nil {
		return err
	}
	var o backend.Options
	var pause func()
	if r.faults {
		o.Queue, o.Trace = 24, strike
		pause = func() {
			if rand.N(pauseOdds) == 0 {
				time.Sleep(soakDeadline * 3 / 2)
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	ln, err := backend.Listen(ctx, controlOf(r.dir), service, o)
	if err != nil {
		return err
	}
	var serving sync.WaitGroup
	serving.Go(func() { echo(ln, pause) })
	at := addresses{Direct: map[string]string{}}
	var direct []net.Listener
	for _, network := range networks() {
		ln, err := listen(r.dir, network, "direct-"+strconv.Itoa(os.Getpid()))
		if err != nil {
			return err
		}
		at.Direct[network] = ln.Addr().String()
		direct = append(direct, ln)
		serving.Go(func() { echo(ln, nil) })
	}
	sample := func(int) (*Sample, error) {
		s, err := take()
		if err == nil {
			stats := ln.Stats()
			s.Backend = &stats
		}
		return s, err
	}
	return attend(at, in, out, sample, func() (*Sample, error) {
		ctx, cancel := context.WithTimeout(context.Background(), finishLimit)
		defer cancel()
		if err := ln.Drain(ctx); err != nil {
			return nil, err
		}
		for _, ln := range direct {
			ln.Close()
		}
		serving.Wait()
		left, _, err := child.Left(before)
		if err != nil {
			return nil, err
		}
		s, err := sample(0)
		if err == nil {
			s.Left = left
		}
		return s, err
	})
}

// echo answers each connection's one request with its bytes. Before an Accept it pauses,
// perhaps. It returns when the listener is closed and all are answered.
func echo(ln net.Listener, pause func()) {
	var serving sync.WaitGroup
	defer serving.Wait()
	for {
		if pause != nil {
			pause()
		}
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		serving.Go(func() {
			defer conn.Close()
			var b [messageSize]byte
			_ = conn.SetDeadline(time.Now().Add(opLimit))
			if _, err := io.ReadFull(conn, b[:]); err == nil {
				_, _ = conn.Write(b[:]) // the client notices
			}
		})
	}
}

// The odds of faults, one in so many.
const (
	pauseOdds  = 3000  // that nobody accepts for longer than the deadline, before an Accept
	freezeOdds = 3000  // that nothing is acknowledged until about the deadline
	killOdds   = 60000 // that the process dies at the step
)

// strike injects faults: a late ACK, by a reader or an acceptor that sleeps between two
// steps, or a sudden death.
func strike(e backend.Event) {
	if e.Op == backend.OpReserve && rand.N(freezeOdds) == 0 {
		time.Sleep(soakDeadline/2 + rand.N(soakDeadline))
	}
	if e.Correlation != 0 && rand.N(killOdds) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

// clean removes the sockets that backends which died have left.
func clean(dir string, pid int) { _ = os.Remove(filepath.Join(dir, "direct-"+strconv.Itoa(pid))) }
