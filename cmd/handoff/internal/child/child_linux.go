package child

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Command returns this binary again, in another role, as a child that is killed when
// ctx ends and when this process dies. (The kernel means the thread that started it;
// Go ends a thread only with a goroutine that locked it, and none does here.) It does
// not start it.
func Command(ctx context.Context, role string, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	cmd := exec.CommandContext(ctx, self, append([]string{role}, args...)...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd, nil
}

// WarmPoller makes the Go runtime open the descriptors that it keeps for good, so that
// they are open at the start too.
func WarmPoller() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	return listener.Close()
}

// Descriptors returns what is open in this process: targets by number.
func Descriptors() (map[string]string, error) {
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	open := map[string]string{}
	for _, e := range entries {
		// The one that ReadDir itself used is closed by now.
		if target, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			open[e.Name()] = target
		}
	}
	return open, nil
}

// missing returns what is in a and not in b, as "number target".
func missing(a, b map[string]string) (names []string) {
	for number, target := range a {
		if b[number] != target {
			names = append(names, number+" "+target)
		}
	}
	return names
}

// Left returns what is open in this process and was not before, and what is not and
// was. Go keeps some descriptors until they are collected, such as the pipes that it
// splices through, so it waits a while for nothing to be left.
func Left(before map[string]string) (opened, closed []string, err error) {
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		runtime.GC()
		now, err := Descriptors()
		if err != nil {
			return nil, nil, err
		}
		opened, closed = missing(now, before), missing(before, now)
		if len(opened) == 0 || time.Now().After(end) {
			return opened, closed, nil
		}
	}
}
