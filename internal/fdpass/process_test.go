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

const roleVariable = "FDPASS_TEST_ROLE"

// roles are what the test binary does when a test starts it as another process.
func roles() map[string]func(*peer) error {
	return map[string]func(*peer) error{
		"sender":       playSender,
		"streamer":     playStreamer,
		"framer":       playFramer,
		"blocker":      playBlocker,
		"holder":       playHolder,
		"clock reader": playClockReader,
		"limited":      playLimited,
		"dialer":       playDialer,
	}
}

// peer is what a test has of the process that it started, and what that process, in its
// role, has of the test.
type peer struct {
	*fdpass.Link  // between the two
	*sharedMemory // of the two

	ledger *fdpass.Ledger
	cmd    *exec.Cmd // nil in the role itself
}

// start runs a role in a new process, which is killed at the end of the test.
func start(t testing.TB, role string) *peer {
	t.Helper()
	fds := socketpair(t)
	theirs := os.NewFile(uintptr(fds[1]), "link")
	defer theirs.Close()
	shared, b, err := newSharedMemory()
	require.NoError(t, err)
	defer shared.Close()
	t.Cleanup(func() { b.unmap() })

	cmd := exec.Command(os.Args[0])
	// Without this the race detector delays the end of each process by a second.
	quick := os.Getenv("GORACE") + " atexit_sleep_ms=0"
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "GORACE="+quick)
	cmd.ExtraFiles = []*os.File{theirs, shared}
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	require.NoError(t, cmd.Start())
	ledger := new(fdpass.Ledger)
	p := &peer{Link: link(t, adopt(t, fds[0]), ledger), sharedMemory: b, ledger: ledger, cmd: cmd}
	t.Cleanup(p.kill)
	return p
}

// kill kills the process and waits until it is gone.
func (p *peer) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// finish waits for the end of the role, which must have succeeded.
func (p *peer) finish(t testing.TB) {
	t.Helper()
	require.NoError(t, p.cmd.Wait())
}

// runRole runs a role in the process that was started for it.
func runRole(role string) {
	err := func() error {
		c, err := fdpass.NetConn(3)
		if err != nil {
			return err
		}
		b, err := mapSharedMemory(4)
		if err != nil {
			return err
		}
		ledger := new(fdpass.Ledger)
		l, err := fdpass.NewLink(c.(*net.UnixConn), ledger)
		if err != nil {
			return err
		}
		return roles()[role](&peer{Link: l, sharedMemory: b, ledger: ledger})
	}()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", role, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// sharedMemory tells two processes how far the other is. They cannot use the link for
// that: it is what the tests examine.
type sharedMemory struct {
	flags  [8]atomic.Uint32
	values [8]atomic.Int64
}

func newSharedMemory() (*os.File, *sharedMemory, error) {
	fd, err := unix.MemfdCreate("shared", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, nil, err
	}
	f := os.NewFile(uintptr(fd), "shared")
	if err := f.Truncate(int64(unsafe.Sizeof(sharedMemory{}))); err != nil {
		f.Close()
		return nil, nil, err
	}
	b, err := mapSharedMemory(fd)
	if err != nil {
		f.Close()
	}
	return f, b, err
}

func mapSharedMemory(fd int) (*sharedMemory, error) {
	size := int(unsafe.Sizeof(sharedMemory{}))
	memory, err := unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return (*sharedMemory)(unsafe.Pointer(&memory[0])), nil
}

func (b *sharedMemory) unmap() {
	unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(b)), unsafe.Sizeof(*b)))
}

const (
	futexWait = 0
	futexWake = 1
)

// signal sets a flag and wakes the process that waits for it.
func (b *sharedMemory) signal(flag int, to uint32) {
	b.flags[flag].Store(to)
	unix.Syscall(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&b.flags[flag])), futexWake, 1)
}

// await waits until a flag is at least to.
func (b *sharedMemory) await(flag int, to uint32) error {
	for end := testDeadline(); ; {
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
