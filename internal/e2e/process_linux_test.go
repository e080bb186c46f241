package e2e_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/stretchr/testify/require"
)

// process is this test binary as another process, in one of its roles.
type process struct {
	t *testing.T
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// roles are what this test binary does as another process. Each says ready when it is,
// goes on until its standard input ends, and then says in JSON what it did.
func roles() map[string]func(args []string) error {
	return map[string]func([]string) error{
		"web":    serveWeb,
		"narrow": serveNarrow,
		"sums":   serveSums,
		"silent": beSilent,
		"drip":   drip,
	}
}

func start(t *testing.T, role string, args ...string) *process {
	t.Helper()
	binary, err := os.Executable()
	require.NoError(t, err)
	p := &process{t: t, Cmd: exec.Command(binary, args...)}
	p.Env = append(os.Environ(), "HANDOFF_ROLE="+role, "GORACE=atexit_sleep_ms=0")
	p.Stderr = os.Stderr
	p.in, err = p.StdinPipe()
	require.NoError(t, err)
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	p.out = bufio.NewReader(out)
	require.NoError(t, p.Start())
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	require.Equal(t, "ready\n", p.line())
	return p
}

// line reads what the process says next.
func (p *process) line() string {
	p.t.Helper()
	overdue := time.AfterFunc(2*hang, func() { _ = p.Process.Kill() })
	defer overdue.Stop()
	line, err := p.out.ReadString('\n')
	require.NoError(p.t, err, "the process ended, or was silent for too long")
	return line
}

// finish ends the process and reads what it did.
func (p *process) finish(did any) {
	p.t.Helper()
	require.NoError(p.t, p.in.Close())
	require.NoError(p.t, json.Unmarshal([]byte(p.line()), did))
	require.NoError(p.t, p.Wait())
}

// served is what a backend's process did.
type served struct {
	Requests int64
	Sockets  int // open in the end, besides what it began with
	Backend  backend.Stats
}

// checked finishes a backend's process and checks its books.
func (p *process) checked() served {
	p.t.Helper()
	var s served
	p.finish(&s)
	d := s.Backend.Descriptors
	require.Zero(p.t, d.Open)
	require.Equal(p.t, d.Opened, d.Closed+d.Adopted)
	require.Equal(p.t, 0, s.Sockets, "sockets are left open")
	return s
}
