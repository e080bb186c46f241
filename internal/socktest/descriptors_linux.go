package socktest

import (
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// LeaveDescriptors leaves this process n descriptors, until free is called or the test ends.
func LeaveDescriptors(t testing.TB, n int) (free func()) {
	t.Helper()
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
