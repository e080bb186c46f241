package broker_test

import (
	"bufio"
	"io"
	"os/exec"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// process is a backend in a process of its own.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (w *world) process(name string) *process { return w.processAs("echo", name) }

func (w *world) processAs(role, name string) *process {
	w.t.Helper()
	p := &process{Cmd: child(w.t, role, w.control, name)}
	var err error
	p.in, err = p.StdinPipe()
	require.NoError(w.t, err)
	out, err := p.StdoutPipe()
	require.NoError(w.t, err)
	p.out = bufio.NewReader(out)
	require.NoError(w.t, p.Start())
	w.t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	require.Equal(w.t, "linked\n", p.line(w.t))
	return p
}

func (p *process) line(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	require.NoError(t, err)
	return line
}

func TestBackendInAnotherProcess(t *testing.T) {
	w := newWorld(t, broker.Options{})
	p := w.process("far")
	for range 20 {
		c := w.dial()
		c.hello(t, "x\n")
		c.ready(t)
		c.hear(t, "far: x")
		c.Close()
	}
	// A client may be served before the broker has read the ACK.
	require.Eventually(t, func() bool { return w.broker.Stats().Adopted == 20 }, hang, time.Millisecond)
	require.NoError(t, p.in.Close())
	require.Equal(t, "open 0\n", p.line(t))
	require.NoError(t, p.Wait())
}

// A client that is served when its backend is killed reads the end of the connection:
// nobody else has a copy. The next one is served by the other backend.
func TestBackendThatIsKilled(t *testing.T) {
	w := newWorld(t, broker.Options{})
	p := w.process("one")
	c := w.dial()
	c.hello(t, "x\n")
	c.ready(t)
	c.hear(t, "one: x")
	require.NoError(t, p.Process.Kill())
	c.ended(t)
	w.process("two")
	require.Eventually(t, func() bool { return w.broker.Stats().Links == 1 }, hang, time.Millisecond)
	c = w.dial()
	c.hello(t, "x\n")
	c.ready(t)
	c.hear(t, "two: x")
}

func TestBackendWithoutDescriptorsKeepsItsLink(t *testing.T) {
	w := newWorld(t, patient())
	p := w.processAs("starved", "")
	say := func() {
		_, err := io.WriteString(p.in, "\n")
		require.NoError(t, err)
		require.Equal(t, "done\n", p.line(t))
	}
	say()
	for range 2 * fallback.DefaultMaxFailures {
		c := w.dial()
		c.hello(t, "x\n")
		f := c.fallback(t)
		require.Equal(t, wire.ReasonFDPressureDisabled, f.Reason)
		require.Positive(t, f.RetryAfter)
		c.Close()
	}
	say()
	c := w.dial()
	c.hello(t, "x\n")
	c.ready(t)
	c.hear(t, "starved: x")
	require.Equal(t, 1, w.broker.Stats().Links)
	require.NoError(t, p.in.Close())
	require.NoError(t, p.Wait())
}
