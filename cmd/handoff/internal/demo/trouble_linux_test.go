package demo_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/demo"
	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

var firstLine = regexp.MustCompile(`^broker/(\d+) on (\S+), backend-1/(\d+) and backend-2/(\d+),`)

// family is who takes part in a run, as its first line of progress tells.
type family struct {
	broker, one, two int
	address          string
}

// onStart is a progress writer that calls a function when the family is known.
type onStart struct {
	once sync.Once
	do   func(family)
}

func (w *onStart) Write(p []byte) (int, error) {
	w.once.Do(func() {
		m := firstLine.FindSubmatch(p)
		number := func(b []byte) int { n, _ := strconv.Atoi(string(b)); return n }
		w.do(family{broker: number(m[1]), address: string(m[2]), one: number(m[3]), two: number(m[4])})
	})
	return len(p), nil
}

// state returns the state letter in a stat file of /proc; empty: there is none.
func state(stat string) string {
	b, err := os.ReadFile(stat)
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut(string(b), ") ")
	letter, _, _ := strings.Cut(after, " ")
	return letter
}

// alive reports whether a process runs; one that only waits to be reaped does
// not.
func alive(pid int) bool {
	letter := state("/proc/" + strconv.Itoa(pid) + "/stat")
	return letter != "" && letter != "Z" && letter != "X"
}

// freeze stops a process and returns when each of its threads has stopped: the
// signal alone lets one on another processor run on for a moment.
func freeze(t *testing.T, pid int) {
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	require.Eventually(t, func() bool {
		threads, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/stat") // a fixed pattern is never bad
		return len(threads) > 0 && !slices.ContainsFunc(threads, func(stat string) bool {
			letter := state(stat)
			return letter != "T" && letter != ""
		})
	}, time.Minute, time.Millisecond)
}

func requireGone(t *testing.T, f family) {
	require.NotZero(t, f.broker)
	require.Eventually(t, func() bool { return !alive(f.broker) && !alive(f.one) && !alive(f.two) },
		time.Minute, 20*time.Millisecond, "%+v", f)
}

var faulty = demo.Config{Seed: 5, Connections: 60, Parallel: 32, Faults: plan.On()}

func TestInterruptedRunsLeaveNoProcess(t *testing.T) {
	ctx, cancel := context.WithCancelCause(limited(t))
	stopped := errors.New("stopped by the test")
	var f family
	_, err := demo.Run(ctx, faulty, &onStart{do: func(got family) { f = got; cancel(stopped) }})
	require.ErrorIs(t, err, stopped)
	requireGone(t, f)
}

func TestADeadBrokerEndsTheRun(t *testing.T) {
	var f family
	_, err := demo.Run(limited(t), faulty, &onStart{do: func(got family) {
		f = got
		require.NoError(t, syscall.Kill(f.broker, syscall.SIGKILL))
	}})
	require.ErrorContains(t, err, "the broker ended before its report")
	requireGone(t, f)
}

func TestADeadFirstProcessTakesTheOthersAlong(t *testing.T) {
	cmd := exec.CommandContext(limited(t), os.Args[0], "demo", "--connections=1000", "--faults=slow=100")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir()) // it cannot tidy up any more
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line := make([]byte, 512)
	n, err := stderr.Read(line)
	require.NoError(t, err)
	m := firstLine.FindSubmatch(line[:n])
	require.NotNil(t, m, "%s", line[:n])
	var f family
	(&onStart{do: func(got family) { f = got }}).Write(line[:n])
	require.True(t, alive(f.broker) && alive(f.one) && alive(f.two))
	// Frozen processes cannot end by themselves, in order.
	freeze(t, f.broker)
	freeze(t, f.one)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	requireGone(t, f)
}

// TestADeadBackendCostsOnlyWhatItHeld kills a backend that the plan does not
// kill: the ledger must complain, and no client be lost.
func TestADeadBackendCostsOnlyWhatItHeld(t *testing.T) {
	ledger, err := demo.Run(limited(t), faulty, &onStart{do: func(f family) {
		require.NoError(t, syscall.Kill(f.one, syscall.SIGKILL))
	}})
	require.NoError(t, err)
	requireNobodyLost(t, ledger)
	err = ledger.Check()
	var wrong *demo.LedgerError
	require.ErrorAs(t, err, &wrong)
	require.ErrorContains(t, err, "backend-1/")
	require.ErrorContains(t, err, "signal: killed")
}

// whenAnswered is a progress writer that calls a function when all clients have
// been answered.
type whenAnswered struct {
	onStart
	once sync.Once
	then func()
}

func (w *whenAnswered) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("] 8/8 answered")) {
		w.once.Do(w.then)
	}
	return w.onStart.Write(p)
}

// TestAFrozenBackendIsNoError stops a backend until everybody has been answered
// by the other one. Its ACKs come when it thaws, and are refused.
func TestAFrozenBackendIsNoError(t *testing.T) {
	var f family
	progress := &whenAnswered{}
	progress.do = func(got family) {
		f = got
		freeze(t, f.one)
	}
	progress.then = func() { // not on the test's goroutine, so nothing here may end it
		if err := syscall.Kill(f.one, syscall.SIGCONT); err != nil {
			t.Error(err)
		}
	}
	ledger, err := demo.Run(limited(t), demo.Config{Seed: 1, Connections: 8, Parallel: 8}, progress)
	require.NoError(t, err)
	requireNobodyLost(t, ledger)
	require.NoError(t, ledger.Check())
	require.NotZero(t, ledger.Strays(), "the first pick is the one or the other, in turn")
	require.NotContains(t, ledger.Clients.By, "backend-1/"+strconv.Itoa(f.one))
	require.NotZero(t, ledger.Broker.Stuck)
	require.EqualValues(t, ledger.Broker.Stats.Expired, ledger.Broker.Stuck, "it has not let go either")
}

// requireNobodyLost is what must hold whatever a backend or a stranger does.
func requireNobodyLost(t *testing.T, l *demo.Ledger) {
	require.Zero(t, l.Clients.Lost, "%q", l.Clients.Problems)
	require.Equal(t, l.Config.Connections, l.Clients.Answered)
	s, own := l.Broker.Stats, l.Broker.All()
	require.Equal(t, s.Registered, s.Acknowledged+s.Expired+s.Abandoned)
	require.Zero(t, s.Pending)
	require.EqualValues(t, s.Acknowledged, own.Acknowledged)
	require.EqualValues(t, s.Expired, own.Expired)
	require.EqualValues(t, s.Abandoned, own.Abandoned)
	require.Empty(t, l.Broker.Opened)
	require.Empty(t, l.Broker.Closed)
}

func TestStrangersCostOnlyTheirOwnConnection(t *testing.T) {
	strangers := []string{
		"",
		"GET /conn",
		"GET / HTTP/1.1\r\n\r\n",
		"GET /connections/-1/attempts/1 HTTP/1.1\r\n",
		"GET /connections/01/attempts/1 HTTP/1.1\r\n",
		"GET /connections/4294967296/attempts/1 HTTP/1.1\r\n",
		"\x16\x03\x01 no HTTP at all\n",
		strings.Repeat("x", 200),
	}
	ledger, err := demo.Run(limited(t), demo.Config{Seed: 1, Connections: 20, Parallel: 4}, &onStart{do: func(f family) {
		for _, s := range strangers {
			conn, err := net.Dial("tcp", f.address)
			require.NoError(t, err)
			_, err = conn.Write([]byte(s))
			require.NoError(t, err)
			require.NoError(t, conn.Close())
		}
	}})
	require.NoError(t, err)
	requireNobodyLost(t, ledger)
	require.Equal(t, len(strangers), ledger.Broker.Rejected)
	require.ErrorContains(t, ledger.Check(), "connections rejected: 8")
}

func TestTheCommandPrintsItsTable(t *testing.T) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(limited(t), os.Args[0], "demo", "--connections=20", "--faults=kill=10", "--seed=2")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s", stderr.String())
	require.Contains(t, stdout.String(), "20 clients; faults slow=0,never=0,kill=10 percent of their first connections, seed 2: done in ")
	require.Regexp(t, `conserved: registered \d+ = acknowledged 20 \+ `, stdout.String())
	require.NotContains(t, stderr.String(), "handoff demo:")
}
