package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/handoff-go/handoff/internal/command"
)

// makeArchive returns the file in the folder cache with the classes that TLC loads, and makes it
// if it is not there. Most models are small, and Java needs more time to load TLC than TLC needs to
// check them; from the archive it loads in about half. Java itself checks that the archive is of
// this Java and of this jar, and does without it if not. So does everybody if it cannot be made:
// then the result is empty.
func (c *checker) makeArchive(ctx context.Context, cache string) string {
	file := filepath.Join(cache, "tlc-classes.jsa")
	jar, err := os.Stat(c.jar)
	if err != nil {
		return ""
	}
	if made, err := os.Stat(file); err == nil && made.ModTime().After(jar.ModTime()) {
		return file
	}
	temp, err := os.MkdirTemp(cache, "archive-")
	if err != nil {
		return ""
	}
	defer os.RemoveAll(temp)
	small := model{Module: "mc/MC.tla", Cfg: "mc/MCSteps.cfg", Workers: 1}
	arriving := filepath.Join(temp, "classes")
	args := append([]string{"-XX:ArchiveClassesAtExit=" + arriving}, c.arguments(temp, filepath.Join(c.dir, small.Cfg), small)...)
	if _, err := command.Output(ctx, filepath.Join(c.dir, "mc"), c.java, args...); err != nil {
		return ""
	}
	if os.Rename(arriving, file) != nil { // others may make one at the same time: each is whole
		return ""
	}
	return file
}
