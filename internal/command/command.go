// Package command runs other programs of a checkout: the go command, its tests, and what
// they start in turn. A command that is not waited for any longer ends with all its
// children.
package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// New returns a command that is to run in dir. It and its children end when ctx does.
func New(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.WaitDelay = 5 * time.Second
	inGroup(cmd)
	return cmd
}

// Output runs a command in dir and returns what it printed, stdout and stderr together,
// with ctx's error if that ended it.
func Output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := New(ctx, dir, name, args...)
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	err := cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return printed.String(), err
}

// Lines runs a command in dir, hands each line that it prints to f as it comes, stdout
// and stderr as one, and returns how it ended.
func Lines(ctx context.Context, dir string, f func(line string), name string, args ...string) error {
	cmd := New(ctx, dir, name, args...)
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	ended := make(chan error, 1)
	go func() {
		err := cmd.Run()
		write.Close() // never fails
		ended <- err
	}()
	lines := bufio.NewReader(read)
	for {
		text, err := lines.ReadString('\n')
		if text != "" {
			f(strings.TrimRight(text, "\r\n"))
		}
		if errors.Is(err, io.EOF) {
			return <-ended
		}
	}
}

// Failed reports whether err says that a command ran and told of a failure by its exit
// code, as opposed to not having run or been killed.
func Failed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() > 0
}

// Go runs the go command in dir and returns what it printed; its error holds that, too.
func Go(ctx context.Context, dir string, args ...string) (string, error) {
	printed, err := Output(ctx, dir, "go", args...)
	if err != nil {
		return printed, fmt.Errorf("go %s: %w\n%s", args[0], err, printed)
	}
	return printed, nil
}

// ModuleRoot returns the folder with the go.mod that the working directory is in.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod here or above: run it inside the module")
		}
		dir = up
	}
}
