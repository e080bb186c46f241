package handoff_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The two programs on the README's first screen serve a real HTTP request, as printed there:
// only the port and the path of the socket are replaced, so that two runs do not collide.
func TestQuickstartOfTheReadmeServes(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```go\n(package main\n.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1)
	require.Len(t, blocks, 2)
	require.Less(t, strings.Count(blocks[0][1]+blocks[1][1], "\n"), 45, "lines of the first screen")
	for i, file := range []string{"quickstart/broker/main.go", "quickstart/backend/main.go"} {
		_, program, _ := strings.Cut(read(t, file), "\n") // the comment of the package
		require.Equal(t, program, blocks[i][1])
	}

	dir := t.TempDir()
	control, address := filepath.Join(dir, "s"), freeAddress(t)
	programs := map[string]string{}
	for i, name := range []string{"broker", "backend"} {
		source := strings.NewReplacer("/tmp/hello.sock", control, "127.0.0.1:8080", address).Replace(blocks[i][1])
		file := filepath.Join(dir, name+".go")
		require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
		programs[name] = filepath.Join(dir, name)
		out, err := exec.Command("go", "build", "-o", programs[name], file).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}

	start(t, programs["broker"])
	eventually(t, func() error {
		conn, err := net.Dial("unix", control)
		if err == nil {
			conn.Close()
		}
		return err
	})
	backend := start(t, programs["backend"])
	// Until the backend has linked, the broker turns plain clients away.
	var body []byte
	eventually(t, func() error {
		answer, err := (&http.Client{Timeout: 10 * time.Second}).Get("http://" + address + "/")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		body, err = io.ReadAll(answer.Body)
		return err
	})
	require.Equal(t, fmt.Sprintf("hello from backend process %d\n", backend), string(body))
}

// start runs a program until the test ends, and returns its process id.
func start(t *testing.T, program string) int {
	t.Helper()
	cmd := exec.Command(program)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM), "%s has ended: %s", program, &stderr)
		_ = cmd.Wait() // ended by the signal
		if t.Failed() {
			t.Logf("%s: %s", filepath.Base(program), &stderr)
		}
	})
	return cmd.Process.Pid
}

// eventually calls f until it succeeds, for a minute at most.
func eventually(t *testing.T, f func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	require.NoError(t, err)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return ln.Addr().String()
}
