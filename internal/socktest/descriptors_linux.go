package socktest

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// LeaveDescriptors leaves this process n descriptors, until free is called or the test ends.
func LeaveDescriptors(t testing.TB, n int) (free func()) {
	t.Helper()
	awaitStableDescriptors(t)
	var all unix.Rlimit
	check(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &all))
	low := all
	low.Cur = 256
	check(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	var spare []int
	for {
		fd, err := unix.Dup(0)
		if err == unix.EMFILE {
			break
		}
		check(t, err)
		spare = append(spare, fd)
	}
	if len(spare) < n {
		t.Fatalf("%d descriptors are left of 256, not %d", len(spare), n)
	}
	for _, fd := range spare[:n] {
		check(t, unix.Close(fd))
	}
	free = sync.OnceFunc(func() {
		for _, fd := range spare[n:] {
			check(t, unix.Close(fd))
		}
		check(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &all))
	})
	t.Cleanup(free)
	return free
}

// OpenSockets returns how many sockets this process has open. Other descriptors come and go, such as
// the pipes that Go keeps for splice.
func OpenSockets(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	check(t, err)
	var sockets int
	for _, entry := range entries {
		to, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err == nil && strings.HasPrefix(to, "socket:") {
			sockets++
		}
	}
	return sockets
}

// awaitStableDescriptors waits until the process closes no descriptors of its own accord: what ended
// before this test may still be closing its last ones, and a collected file is closed by the
// runtime. Each such close would be one more descriptor than the test wants to leave.
func awaitStableDescriptors(t testing.TB) {
	t.Helper()
	runtime.GC()
	runtime.GC() // the first one may only have queued what closes files
	last, same := -1, 0
	for end := time.Now().Add(10 * time.Second); same < 5 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		open, err := os.ReadDir("/proc/self/fd")
		check(t, err)
		if len(open) == last {
			same++
		} else {
			last, same = len(open), 0
		}
	}
}
