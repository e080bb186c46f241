//go:build unix

package command

import (
	"os/exec"
	"syscall"
)

// inGroup gives cmd a process group of its own, which is killed as a whole when
// its context ends.
func inGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
