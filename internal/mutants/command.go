package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// output runs a command in dir and returns what it printed, stdout and stderr
// together. It ends the command and all its children when ctx ends.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.WaitDelay = 5 * time.Second
	inGroup(cmd)
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	err := cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return printed.String(), err
}

// failed reports whether err says that a command ran and told of a failure by
// its exit code, as opposed to not having run or been killed.
func failed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() > 0
}

// goTool runs the go command in dir; its error holds what it printed.
func goTool(ctx context.Context, dir string, args ...string) (string, error) {
	printed, err := output(ctx, dir, "go", args...)
	if err != nil {
		return printed, fmt.Errorf("go %s: %w\n%s", args[0], err, printed)
	}
	return printed, nil
}
