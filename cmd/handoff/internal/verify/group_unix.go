//go:build unix

package verify

import (
	"os/exec"
	"syscall"
)

// inGroup gives cmd a process group of its own, which ends as a whole when its context
// does: the go command's children would stay otherwise.
func inGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
