package broker_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func TestStrangersAreNotLinked(t *testing.T) {
	hello := wire.LinkHello{Version: wire.LinkVersion, Service: service}
	cases := map[string]struct {
		say  string
		want wire.ByeReason
	}{
		"garbage":           {"GET / HTTP/1.1\r\n", wire.ByeProtocol},
		"not a hello":       {string((&wire.Draining{}).Append(nil)), wire.ByeProtocol},
		"another version":   {string((&wire.LinkHello{Version: 9, Service: service}).Append(nil)), wire.ByeVersion},
		"another service":   {string((&wire.LinkHello{Version: wire.LinkVersion, Service: "other"}).Append(nil)), wire.ByeForbidden},
		"nothing":           {"", wire.ByeSilent},
		"no answer":         {string(hello.Append(nil)), wire.ByeSilent},
		"an older answer":   {string((&wire.Pong{Nonce: 1}).Append(hello.Append(nil))), wire.ByeProtocol},
		"an enormous frame": {"\x01\x01\x10\x00\x00", wire.ByeProtocol},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			o := patient()
			if test.want == wire.ByeSilent { // the others are answered for what they say
				o.Handshake = 100 * time.Millisecond
			}
			o.Services = map[string]broker.Service{service: {}}
			w := newWorld(t, o)
			p := w.stranger()
			if test.say != "" {
				p.write([]byte(test.say))
			}
			for {
				m := p.read()
				if bye, ok := m.(*wire.Bye); ok {
					require.Equal(t, test.want, bye.Reason, bye.Detail)
					break
				}
				require.IsType(t, &wire.Ping{}, m)
			}
			p.gone()
		})
	}
}

func TestTooManyLinks(t *testing.T) {
	o := patient()
	o.MaxLinks = 1
	w := newWorld(t, o)
	first := w.peer()
	second := w.stranger()
	require.Equal(t, wire.ByeBusy, second.read().(*wire.Bye).Reason)
	second.gone()
	_, err := backend.Listen(context.Background(), w.control, service, backend.Options{})
	var refused *backend.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, wire.ByeBusy, refused.Reason)
	first.die()
	require.Eventually(t, func() bool { return w.broker.Stats().Links == 0 }, hang, time.Millisecond)
	w.peer()
}

// Whether a user may serve a service is decided by the list of the service; without a list only
// the broker's own user may.
func TestUserThatMayNotServe(t *testing.T) {
	own := os.Getuid()
	const nobody, somebody = 65534, 65533
	other := nobody
	if own == nobody {
		other = somebody
	}
	forUIDs := func(t *testing.T, uids []int) *world {
		o := patient()
		o.Services = map[string]broker.Service{service: {UIDs: uids}}
		return newWorld(t, o)
	}
	for claim, test := range map[string]struct {
		uids []int
		want string
	}{
		"without a list":     {nil, "linked"},
		"on the list":        {[]int{other, own}, "linked"},
		"not on the list":    {[]int{other}, "forbidden"},
		"with an empty list": {[]int{}, "forbidden"},
	} {
		t.Run("own user "+claim, func(t *testing.T) {
			answer, err := linkAnswer(forUIDs(t, test.uids).control)
			require.NoError(t, err)
			require.Equal(t, test.want, answer)
		})
	}
	t.Run("another user", func(t *testing.T) {
		if own != 0 { // the subtests above show what can be shown with one user
			t.Skip("only root can run a process as another user")
		}
		require.Equal(t, "forbidden", linkAs(t, forUIDs(t, nil), nobody))
		w := forUIDs(t, []int{nobody})
		require.Equal(t, "linked", linkAs(t, w, nobody))
		require.Equal(t, "forbidden", linkAs(t, w, 0))
	})
}

// linkAs links a backend in a process of another user, and returns what it says.
func linkAs(t *testing.T, w *world, uid uint32) string {
	t.Helper()
	for dir := filepath.Dir(w.control); dir != os.TempDir(); dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755))
	}
	require.NoError(t, os.Chmod(w.control, 0o777))
	command := child(t, "link", w.control)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := command.Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// child is this test binary as another process, in a role of roles.
func child(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	require.NoError(t, err)
	// Another user cannot enter the folder that it was built in.
	copied := filepath.Join(t.TempDir(), "test")
	contents, err := os.ReadFile(binary)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(copied, contents, 0o755))
	for dir := filepath.Dir(copied); dir != os.TempDir(); dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755))
	}
	command := exec.Command(copied, args...)
	command.Env = append(os.Environ(), "HANDOFF_ROLE="+role)
	command.Stderr = os.Stderr
	return command
}
