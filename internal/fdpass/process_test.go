//go:build linux

package fdpass_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/fdpass"
)

const roleVariable = "PASSING_TEST_ROLE"

// roles are what the test binary does when a test runs it as another process.
func roles() map[string]func(*other) error {
	return map[string]func(*other) error{
		"sender":     playSender,
		"streamer":   playStreamer,
		"framer":     playFramer,
		"meddler":    playMeddler,
		"holder":     playHolder,
		"timekeeper": playTimekeeper,
		"starved":    playStarved,
		"dialer":     playDialer,
	}
}

// other is a process beside this one: seen from the test that started it, or by
// its own role.
type other struct {
	*fdpass.Link // to each other
	*board       // memory of both

	ledger *fdpass.Ledger
	cmd    *exec.Cmd // nil in the role itself
}

// start runs a role in a process of its own, killed at the end of the test.
func start(t testing.TB, role string) *other {
	t.Helper()
	fds := socketpair(t)
	theirs := os.NewFile(uintptr(fds[1]), "link")
	defer theirs.Close()
	shared, b, err := newBoard()
	require.NoError(t, err)
	defer shared.Close()
	t.Cleanup(func() { b.unmap() })

	cmd := exec.Command(os.Args[0])
	// The race detector would have each process linger for a second.
	quick := os.Getenv("GORACE") + " atexit_sleep_ms=0"
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "GORACE="+quick)
	cmd.ExtraFiles = []*os.File{theirs, shared}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	require.NoError(t, cmd.Start())
	ledger := new(fdpass.Ledger)
	p := &other{Link: link(t, adopt(t, fds[0]), ledger), board: b, ledger: ledger, cmd: cmd}
	t.Cleanup(p.kill)
	return p
}

// kill ends the process by SIGKILL and waits until it is gone.
func (p *other) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// finish waits for the end of the role, which must have gone well.
func (p *other) finish(t testing.TB) {
	t.Helper()
	require.NoError(t, p.cmd.Wait())
}

// play runs a role in the process that was started for it.
func play(role string) {
	err := func() error {
		c, err := fdpass.NetConn(3)
		if err != nil {
			return err
		}
		b, err := openBoard(4)
		if err != nil {
			return err
		}
		ledger := new(fdpass.Ledger)
		l, err := fdpass.NewLink(c.(*net.UnixConn), ledger)
		if err != nil {
			return err
		}
		return roles()[role](&other{Link: l, board: b, ledger: ledger})
	}()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", role, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// board is memory that two processes share, to tell each other what has happened
// beside the link, whose behaviour is in question.
type board struct {
	flags  [8]atomic.Uint32
	values [8]atomic.Int64
}

func newBoard() (*os.File, *board, error) {
	fd, err := unix.MemfdCreate("board", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, nil, err
	}
	f := os.NewFile(uintptr(fd), "board")
	if err := f.Truncate(int64(unsafe.Sizeof(board{}))); err != nil {
		f.Close()
		return nil, nil, err
	}
	b, err := openBoard(fd)
	if err != nil {
		f.Close()
	}
	return f, b, err
}

func openBoard(fd int) (*board, error) {
	size := int(unsafe.Sizeof(board{}))
	memory, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return (*board)(unsafe.Pointer(&memory[0])), nil
}

func (b *board) unmap() {
	unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(b)), unsafe.Sizeof(*b)))
}

const (
	futexWait = 0
	futexWake = 1
)

// raise sets a flag and wakes who waits for it.
func (b *board) raise(flag int, to uint32) {
	b.flags[flag].Store(to)
	unix.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&b.flags[flag])), futexWake, 1)
}

// await waits until a flag is at least to.
func (b *board) await(flag int, to uint32) error {
	for end := soon(); ; {
		now := b.flags[flag].Load()
		if now >= to {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("flag %d stays at %d, not %d", flag, now, to)
		}
		pause := unix.NsecToTimespec(int64(time.Second))
		unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&b.flags[flag])), futexWait, uintptr(now),
			uintptr(unsafe.Pointer(&pause)), 0, 0)
	}
}
