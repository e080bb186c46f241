package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVerify(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "jar", "one")
	file := filepath.Join(dir, "jar")
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte("one")))
	require.NoError(t, verify(file, sum))

	write(t, dir, "jar", "another")
	err := verify(file, sum)
	require.ErrorIs(t, err, errWrongTLC)
	require.ErrorContains(t, err, sum)
	require.FileExists(t, file, "it is evidence")
	require.ErrorIs(t, verify(filepath.Join(dir, "none"), sum), errNoTLC)
}

// pathOf makes a folder with these programs the whole PATH. They cannot be run.
func pathOf(t *testing.T, programs ...string) {
	dir := t.TempDir()
	for _, name := range programs {
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o700))
	}
	t.Setenv("PATH", dir)
}

func TestPrepareSaysWhatIsMissing(t *testing.T) {
	tests := map[string]struct {
		programs []string
		cached   bool
		want     error
		code     int
		says     string
	}{
		"java":               {nil, true, errNoJava, exitNoJava, "apt-get install -y openjdk-17-jre-headless maven"},
		"maven":              {[]string{"java"}, false, errNoMaven, exitNoTLC, "apt-get install -y maven"},
		"maven that fails":   {[]string{"java", "mvn"}, false, errNoTLC, exitNoTLC, tlcArtifact},
		"a jar that is TLC":  {[]string{"java"}, true, errWrongTLC, exitWrongTLC, tlcSHA256},
		"the same, and more": {[]string{"java", "mvn"}, true, errWrongTLC, exitWrongTLC, "delete it"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pathOf(t, test.programs...)
			cache := t.TempDir()
			if test.cached {
				write(t, cache, tlcFile, "not TLC")
			}
			_, err := prepare(t.Context(), specification, cache)
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, test.says)
			require.Equal(t, test.code, exitCode(err))
		})
	}
}

func TestRunWithoutJavaIsNotSuccess(t *testing.T) {
	pathOf(t)
	var out, errs bytes.Buffer
	require.Equal(t, exitNoJava, run(t.Context(), nil, &out, &errs))
	require.Empty(t, out.String())
	require.Contains(t, errs.String(), "NOT checked")
}

func TestRunRefusesWrongUsage(t *testing.T) {
	for _, args := range [][]string{{"-none"}, {"model"}, {"-jobs", "0"}, {"-lane", "short"}, {"-only", "NoSuchModel"}} {
		var out, errs bytes.Buffer
		require.Equal(t, exitUsage, run(t.Context(), args, &out, &errs), "%v", args)
		require.NotEmpty(t, errs.String(), "%v", args)
	}
}
