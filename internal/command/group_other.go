//go:build !unix

package command

import "os/exec"

// inGroup leaves cmd as it is: where there are no process groups, only the
// process itself is killed when its context ends.
func inGroup(*exec.Cmd) {}
