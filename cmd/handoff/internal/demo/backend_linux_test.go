package demo_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/cmd/handoff/internal/answer"
	"github.com/handoff-go/handoff/registry"
)

// sole is a real backend process whose broker is the test.
type sole struct {
	broker *broker.Broker
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	heard  *json.Decoder
	name   string

	mu    sync.Mutex
	steps []string
}

// startSole starts a backend of that name. It is told what expires, as the demo does.
func startSole(t *testing.T, name string) *sole {
	s := &sole{}
	dir := t.TempDir()
	var err error
	s.broker, err = broker.New(broker.Options{Attempts: 1, SettleTimeout: time.Minute, Trace: s.step})
	require.NoError(t, err)
	control, err := net.Listen("unix", filepath.Join(dir, "control"))
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.broker.ServeBackends(control) }()
	s.cmd = exec.CommandContext(limited(t), os.Args[0], "demo-backend", "--name="+name, "--connections=1", "--faults=slow=100", "--dir="+dir)
	s.cmd.Stderr = new(strings.Builder)
	s.stdin, err = s.cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.cmd.Start())
	s.heard, s.name = json.NewDecoder(stdout), name+"/"+strconv.Itoa(s.cmd.Process.Pid)
	t.Cleanup(func() {
		_, err := s.broker.Shutdown(limited(t))
		require.NoError(t, err)
		require.ErrorIs(t, <-served, broker.ErrClosed)
	})
	var first struct{ Linked bool }
	require.NoError(t, s.heard.Decode(&first), "%v", s.cmd.Stderr)
	require.True(t, first.Linked)
	return s
}

// step notes the steps that the tests are about, and tells of what has expired.
func (s *sole) step(e broker.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Op {
	case broker.OpExpire:
		_, _ = fmt.Fprintln(s.stdin, e.Correlation)
		s.steps = append(s.steps, "expired")
	case broker.OpReadAck:
		s.steps = append(s.steps, "ACK")
		if errors.Is(e.Err, registry.ErrNotPending) {
			s.steps = append(s.steps, "refused")
		}
	case broker.OpReadNack:
		s.steps = append(s.steps, "NACK")
	case broker.OpReadReleased:
		s.steps = append(s.steps, "released")
	case broker.OpAbandon:
		s.steps = append(s.steps, "abandoned")
	}
}

// hand hands a new connection, on which a request waits, to a service of the backend.
func (s *sole) hand(t *testing.T, service, metadata string) (client *net.TCPConn, o broker.Outcome) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer listener.Close()
	client, err = net.DialTCP("tcp", nil, listener.Addr().(*net.TCPAddr))
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	conn, err := listener.AcceptTCP()
	require.NoError(t, err)
	_, err = io.WriteString(client, "GET /connections/0/attempts/1 HTTP/1.1\r\nHost: demo\r\n\r\n")
	require.NoError(t, err)
	o, err = s.broker.Handoff(limited(t), conn, broker.Request{Service: service, Metadata: []byte(metadata)})
	require.NoError(t, err)
	require.NoError(t, client.SetReadDeadline(time.Now().Add(time.Minute)))
	return client, o
}

// requireReturned requires that the connection is whole and the test's again.
func (s *sole) requireReturned(t *testing.T, client *net.TCPConn, o broker.Outcome) {
	require.Equal(t, broker.Fallback, o.Kind)
	require.True(t, o.Settled)
	_, err := io.WriteString(o.Conn, "here")
	require.NoError(t, err)
	require.NoError(t, o.Conn.Close())
	got := make([]byte, 4)
	_, err = io.ReadFull(client, got)
	require.NoError(t, err)
	require.Equal(t, "here", string(got), "nobody else has written")
}

// requireEnd ends the backend in order, and requires that it has kept nothing.
func (s *sole) requireEnd(t *testing.T, opened, adopted uint64) {
	require.NoError(t, s.stdin.Close())
	var last struct {
		Account struct{ Descriptors broker.Descriptors }
	}
	require.NoError(t, s.heard.Decode(&last))
	require.NoError(t, s.cmd.Wait(), "%v", s.cmd.Stderr)
	require.Equal(t, broker.Descriptors{Opened: opened, Closed: opened - adopted, Adopted: adopted}, last.Account.Descriptors)
}

func TestBackendsServeWhatTheyAreAskedFor(t *testing.T) {
	s := startSole(t, "backend-1")
	for _, service := range []string{"ok", "retry"} {
		client, o := s.hand(t, service, "/connections/0/attempts/1")
		require.Equal(t, broker.Adopted, o.Kind)
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		backend, err := answer.Check(0, resp.Header, body)
		require.NoError(t, err)
		require.Equal(t, s.name, backend)
	}
	client, o := s.hand(t, "ok", "/connections/0/attempts/2")
	require.Equal(t, broker.Adopted, o.Kind)
	resp, err := http.ReadResponse(bufio.NewReader(client), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusMisdirectedRequest, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
	s.requireEnd(t, 3, 3)
}

func TestSlowBackendsAcknowledgeWhatHasExpired(t *testing.T) {
	s := startSole(t, "backend-1")
	client, o := s.hand(t, "slow", "")
	s.requireReturned(t, client, o)
	require.Equal(t, []string{"expired", "ACK", "refused", "released"}, s.steps)
	s.requireEnd(t, 1, 0)
}

func TestSomeBackendsNeverAcknowledge(t *testing.T) {
	s := startSole(t, "backend-1")
	client, o := s.hand(t, "never", "")
	s.requireReturned(t, client, o)
	require.Equal(t, []string{"expired", "released"}, s.steps)
	s.requireEnd(t, 1, 0)
}

func TestSacrificedBackendsDieWithTheirOffer(t *testing.T) {
	s := startSole(t, "victim-0")
	client, o := s.hand(t, "kill", "")
	s.requireReturned(t, client, o)
	require.Equal(t, []string{"abandoned"}, s.steps)
	require.Error(t, s.cmd.Wait())
	status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	require.Equal(t, syscall.SIGKILL, status.Signal())
}
