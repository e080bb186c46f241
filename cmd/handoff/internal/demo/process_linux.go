package demo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Every wait of the demo has one of these limits. None decides an outcome: those
// that are reached end the run with an error, except for ackDeadline.
const (
	ackDeadline  = time.Second     // what a backend has for its ACK
	slowAck      = 3 * time.Second // when a slow backend sends it, from the offer on
	startLimit   = 30 * time.Second
	requestLimit = 10 * time.Second // for a client's request line to arrive
	attemptLimit = 30 * time.Second // for one GET, start of a backend included
	closeLimit   = 10 * time.Second // for the end of a connection behind its answer
	finishLimit  = 15 * time.Second // for a process to end when told so
)

// command returns this binary again, in another role, as a child that is killed
// when ctx ends and when this process dies. (The kernel means the thread that
// started it; Go ends a thread only with a goroutine that locked it, and none
// does here.)
func command(ctx context.Context, role string, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	cmd := exec.CommandContext(ctx, self, append([]string{role}, args...)...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd, nil
}

// descriptors returns what is open in this process: targets by number.
func descriptors() (map[string]string, error) {
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

// args returns the flags that make another process read the same Config.
func (c Config) args() []string {
	return []string{
		"--seed=" + strconv.FormatUint(c.Seed, 10),
		"--connections=" + strconv.Itoa(c.Connections),
		"--parallel=" + strconv.Itoa(c.Parallel),
		"--faults=" + c.Faults.String(),
	}
}
