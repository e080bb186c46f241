//go:build linux

package fdpass_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// sendMany sends count copies of fd with one byte, which no Link does.
func sendMany(t testing.TB, c *net.UnixConn, fd, count int) {
	t.Helper()
	fds := make([]int, count)
	for i := range fds {
		fds[i] = fd
	}
	_, _, err := c.WriteMsgUnix([]byte{byte(count)}, unix.UnixRights(fds...), nil)
	require.NoError(t, err)
}

func TestSurplusDescriptorsAreReceived(t *testing.T) {
	x, y := sockets(t)
	ledger := new(fdpass.Ledger)
	l := link(t, y, ledger)
	passed := memfile(t, "passed")
	buf := make([]byte, 16)
	for _, count := range []int{2, 64, 253} {
		before := openDescriptors(t)
		sendMany(t, x, passed, count)
		got, err := l.Recv(buf)
		require.NoError(t, err)
		require.Len(t, got.FDs, count)
		require.False(t, got.Truncated)
		require.Equal(t, before+count, openDescriptors(t))
		require.Equal(t, count, ledger.Stats().Open)
		for _, fd := range got.FDs {
			require.Equal(t, "passed", memfileText(t, fd))
		}
		closeAll(t, ledger, got.FDs)
		require.Equal(t, before, openDescriptors(t))
	}
}

func TestOtherControlMessagesAreSkipped(t *testing.T) {
	x, y := sockets(t)
	ledger := new(fdpass.Ledger)
	l := link(t, y, ledger)
	withFD(t, y, func(fd int) {
		require.NoError(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1))
	})
	sendMany(t, x, memfile(t, "passed"), 1) // credentials come with it
	got, err := l.Recv(make([]byte, 16))
	require.NoError(t, err)
	require.Len(t, got.FDs, 1)
	require.Equal(t, "passed", memfileText(t, got.FDs[0]))
	closeAll(t, ledger, got.FDs)
	require.Zero(t, ledger.Stats().Open)
}

// The ledger counts as many open descriptors as the kernel does, after any mixture of
// receives and closes.
func TestTheLedgerAgreesWithTheKernel(t *testing.T) {
	x, y := sockets(t)
	ledger := new(fdpass.Ledger)
	l := link(t, y, ledger)
	passed := memfile(t, "passed")
	base := openDescriptors(t)
	var open []int
	buf := make([]byte, 100)
	for i := range 60 {
		sendMany(t, x, passed, 1+i%4)
		got, err := l.Recv(buf)
		require.NoError(t, err)
		open = append(open, got.FDs...)
		closing := i * 7 % 5
		closeAll(t, ledger, open[:min(closing, len(open))])
		open = open[min(closing, len(open)):]
		s := ledger.Stats()
		require.Equal(t, openDescriptors(t)-base, s.Open)
		require.Equal(t, s.Opened, s.Closed+uint64(s.Open))
	}
	require.Equal(t, []fdpass.Leak{{Origin: fdpass.FromLink, Open: len(open)}}, ledger.Leaks(), "the leak has its origin")
	closeAll(t, ledger, open)
	require.Nil(t, ledger.Leaks())
	require.Equal(t, base, openDescriptors(t))
}

func TestDescriptorLimitTruncates(t *testing.T) {
	fds := socketpair(t)
	x := adopt(t, fds[0])
	p := start(t, "limited")
	_, err := p.TrySend([]byte("offer"), fds[1])
	require.NoError(t, err)
	require.NoError(t, unix.Close(fds[1]))
	passed := memfile(t, "passed")
	require.NoError(t, p.await(done, 1))
	sendMany(t, x, passed, 3)
	sendMany(t, x, passed, 1)
	sendMany(t, x, passed, 2)
	p.signal(goAhead, 1)
	p.finish(t)
}

// playLimited receives with room for one descriptor, for none, and for two, at its limit of
// open descriptors.
func playLimited(p *peer) error {
	fd, err := p.receiveOne()
	if err != nil {
		return err
	}
	c, err := fdpass.NetConn(fd)
	if err != nil {
		return err
	}
	ledger := new(fdpass.Ledger)
	l, err := fdpass.NewLink(c.(*net.UnixConn), ledger)
	if err != nil {
		return err
	}
	spare, err := reachLimit(64)
	if err != nil {
		return err
	}
	p.signal(done, 1)
	if err := p.await(goAhead, 1); err != nil {
		return err
	}
	for _, step := range []struct {
		free, want int
		truncated  bool
	}{{1, 1, true}, {0, 0, true}, {2, 2, false}} {
		for _, fd := range spare[:step.free] {
			unix.Close(fd)
		}
		spare = spare[step.free:]
		got, err := l.Recv(make([]byte, 16))
		if err != nil || len(got.FDs) != step.want || got.N != 1 || got.Truncated != step.truncated {
			return fmt.Errorf("room for %d: received %+v: %w", step.free, got, err)
		}
		spare = append(spare, got.FDs...)
	}
	if open := ledger.Stats().Open; open != 3 {
		return fmt.Errorf("the ledger counts %d as open", open)
	}
	return netConnAtTheLimit(spare[:2])
}

// netConnAtTheLimit checks that NetConn, without room for its copies, leaves the descriptor
// as it was and no copy behind.
func netConnAtTheLimit(spare []int) error {
	for _, fd := range spare {
		unix.Close(fd)
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	for range 3 {
		if c, err := fdpass.NetConn(fds[0]); !errors.Is(err, unix.EMFILE) {
			return fmt.Errorf("NetConn returned %v: %w", c, err)
		}
	}
	if _, err := unix.Write(fds[0], []byte{1}); err != nil {
		return err
	}
	if _, err := fdpass.Peek(fds[1], make([]byte, 1)); err != nil {
		return err
	}
	unix.Close(fds[0])
	if _, err := unix.Read(fds[1], make([]byte, 1)); err != nil {
		return err
	}
	if _, err := fdpass.Peek(fds[1], make([]byte, 1)); err != io.EOF {
		return fmt.Errorf("a copy is open: %w", err)
	}
	return nil
}

// reachLimit lowers the limit of open descriptors to limit and opens as many as that allows.
// It returns them: closing one makes room for another.
func reachLimit(limit uint64) (spare []int, err error) {
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		return nil, err
	}
	for {
		fd, err := unix.Dup(0)
		if err == unix.EMFILE {
			return spare, nil
		}
		if err != nil {
			return nil, err
		}
		spare = append(spare, fd)
	}
}
