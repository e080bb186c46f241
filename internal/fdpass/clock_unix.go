//go:build linux || darwin

package fdpass

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Clock returns the kernel's monotonic clock in nanoseconds. It is the one clock whose
// readings two processes can compare, if they are in one time namespace
// (TestBothProcessesReadOneClock). It never goes back; two readings may be equal.
func Clock() (int64, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0, fmt.Errorf("fdpass: monotonic clock: %w", err)
	}
	return now.Nano(), nil
}
