package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An archive is made once, and again for another jar. Where none can be made models are checked
// without one.
func TestArchiveOfClasses(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	write(t, dir, "mc/MCSteps.cfg", "")
	write(t, cache, "tlc.jar", "")
	java := filepath.Join(dir, "java")
	c := &checker{java: java, jar: filepath.Join(cache, "tlc.jar"), dir: dir}
	require.Empty(t, c.makeArchive(t.Context(), cache), "there is no Java")
	makes := func(script string) {
		require.NoError(t, os.WriteFile(java, []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	}
	makes("exit 0")
	require.Empty(t, c.makeArchive(t.Context(), cache), "this Java makes none")
	makes(`echo "$1" | cut -d= -f2 | xargs touch; echo made >>` + dir + "/log")
	file := c.makeArchive(t.Context(), cache)
	require.FileExists(t, file)
	require.Equal(t, file, c.makeArchive(t.Context(), cache))
	require.Equal(t, "made\n", content(t, dir, "log"))

	require.NoError(t, os.Chtimes(c.jar, time.Time{}, time.Now().Add(time.Hour)))
	require.Equal(t, file, c.makeArchive(t.Context(), cache))
	require.Equal(t, "made\nmade\n", content(t, dir, "log"))

	entries, err := os.ReadDir(cache)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing else is left")
	require.NotContains(t, c.arguments(cache, "", good()), "-XX:SharedArchiveFile="+file)
	c.archive = file
	require.Contains(t, c.arguments(cache, "", good()), "-XX:SharedArchiveFile="+file)
}

func content(t *testing.T, dir, name string) string {
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(text)
}
