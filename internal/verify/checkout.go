package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/handoff-go/handoff/internal/command"
)

const modulePath = "github.com/handoff-go/handoff"

var errNoCheckout = errors.New(`this is no checkout of ` + modulePath + `: what is verified are its sources.
Clone the repository, change into it, and run the command again`)

// checkout returns the root of the module's sources, at or above the working directory.
func checkout() (string, error) {
	dir, err := command.ModuleRoot()
	if err != nil {
		return "", errNoCheckout
	}
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	if strings.TrimSpace(first) != "module "+modulePath {
		return "", errNoCheckout
	}
	return dir, nil
}

// lookJava returns an error that tells how to get Java, nil if it is there.
func lookJava() error {
	if _, err := exec.LookPath("java"); err != nil {
		return errors.New("no Java here; on Debian: apt-get install openjdk-17-jre-headless maven")
	}
	return nil
}

// machine says what was checked, and where: for the head of the report.
func machine(ctx context.Context, root string) []string {
	ask := func(name string, args ...string) string {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if err != nil {
			return "unknown"
		}
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return first
	}
	commit := ask("git", "log", "-1", "--format=%h %s")
	if ask("git", "status", "--porcelain") != "" {
		commit += " (with changes that are not committed)"
	}
	return []string{
		"commit " + commit,
		ask("go", "version"),
		"Java: " + ask("java", "--version"),
		fmt.Sprintf("%d processors", runtime.NumCPU()),
	}
}
