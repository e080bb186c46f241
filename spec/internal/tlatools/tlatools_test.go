package tlatools

import (
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
	file := filepath.Join(dir, "jar")
	write(t, file, "one")
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte("one")))
	require.NoError(t, verify(file, sum))

	write(t, file, "another")
	err := verify(file, sum)
	require.ErrorIs(t, err, ErrWrongTLC)
	require.ErrorContains(t, err, sum)
	require.FileExists(t, file, "it is evidence")
	require.ErrorIs(t, verify(filepath.Join(dir, "none"), sum), ErrNoTLC)
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

func TestFindSaysWhatIsMissing(t *testing.T) {
	tests := map[string]struct {
		programs []string
		cached   bool
		want     error
		says     string
	}{
		"java":               {nil, true, ErrNoJava, "apt-get install -y openjdk-17-jre-headless maven"},
		"maven":              {[]string{"java"}, false, errNoMaven, "apt-get install -y maven"},
		"maven that fails":   {[]string{"java", "mvn"}, false, ErrNoTLC, tlcArtifact},
		"a jar that is TLC":  {[]string{"java"}, true, ErrWrongTLC, tlcSHA256},
		"the same, and more": {[]string{"java", "mvn"}, true, ErrWrongTLC, "delete it"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pathOf(t, test.programs...)
			cache := t.TempDir()
			if test.cached {
				write(t, filepath.Join(cache, tlcFile), "not TLC")
			}
			_, err := Find(t.Context(), cache)
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, test.says)
		})
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}
