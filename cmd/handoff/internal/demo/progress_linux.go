package demo

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/registry"
)

// progress writes the progress line: redrawn in place on a terminal, else one line a
// second.
type progress struct {
	w        io.Writer
	cfg      Config
	terminal bool
	started  time.Time
	stats    func() *registry.Stats
	tally    func() Tally

	clientsDone chan struct{} // closed when only the broker and the backends are left
	quit        chan string   // the state to print last
	done        chan struct{}
}

func startProgress(w io.Writer, cfg Config, broker ready, stats func() *registry.Stats, tally func() Tally) *progress {
	fmt.Fprintf(w, "broker/%d on %s, %s, deadline %v, %d offers each\n",
		broker.PID, broker.Address, strings.Join(broker.Backends, " and "), ackDeadline, offersEach)
	p := &progress{
		w: w, cfg: cfg, terminal: isTerminal(w), started: time.Now(), stats: stats, tally: tally,
		clientsDone: make(chan struct{}), quit: make(chan string, 1), done: make(chan struct{}),
	}
	go p.run()
	return p
}

// waiting notes that the clients are done.
func (p *progress) waiting() { close(p.clientsDone) }

// stop draws the line a last time with the given state, and returns when it is written.
func (p *progress) stop(word string) {
	p.quit <- word
	<-p.done
}

func (p *progress) run() {
	defer close(p.done)
	every := time.Second
	if p.terminal {
		every = 100 * time.Millisecond
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.draw(p.work())
		case word := <-p.quit:
			p.draw(word)
			if p.terminal {
				fmt.Fprintln(p.w)
			}
			return
		}
	}
}

// work returns the current state in words.
func (p *progress) work() string {
	select {
	case <-p.clientsDone:
		return "ending the backends"
	default:
		return "handing off"
	}
}

func (p *progress) draw(work string) {
	const width = 24
	t := p.tally()
	var s registry.Stats
	if latest := p.stats(); latest != nil {
		s = *latest
	}
	full := width * t.Answered / p.cfg.Connections
	line := fmt.Sprintf("[%s%s] %*d/%d answered, %d reconnected | acknowledged %d, expired %d, abandoned %d, pending %d | %.1f s, %s",
		strings.Repeat("#", full), strings.Repeat(".", width-full), len(fmt.Sprint(p.cfg.Connections)), t.Answered, p.cfg.Connections,
		t.Reconnected, s.Acknowledged, s.Expired, s.Abandoned, s.Pending, time.Since(p.started).Seconds(), work)
	if p.terminal {
		fmt.Fprintf(p.w, "\r%s\x1b[K", line)
		return
	}
	fmt.Fprintln(p.w, line)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	terminal := false
	err = raw.Control(func(fd uintptr) {
		_, ioctl := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		terminal = ioctl == nil
	})
	return err == nil && terminal
}
