package demo_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/answer"
	"github.com/handoff-go/handoff/cmd/handoff/internal/link"
	"github.com/handoff-go/handoff/registry"
)

// soleBackend is a real backend process whose broker is the test.
type soleBackend struct {
	link *link.Conn
	cmd  *exec.Cmd
	name string
	ids  uint64
}

// startBackend starts a backend that treats first attempts as faults says.
func startBackend(t *testing.T, faults string) *soleBackend {
	conn, file, err := link.Pair()
	require.NoError(t, err)
	cmd := exec.CommandContext(limited(t), os.Args[0], "demo-backend", "--name=sole", "--connections=1", "--faults="+faults)
	cmd.ExtraFiles = []*os.File{file}
	cmd.Stderr = new(strings.Builder)
	require.NoError(t, cmd.Start())
	require.NoError(t, file.Close())
	b := &soleBackend{link: conn, cmd: cmd, name: "sole/" + strconv.Itoa(cmd.Process.Pid)}
	t.Cleanup(func() { conn.Close(); cmd.Wait() })
	require.NoError(t, conn.SetReceiveDeadline(time.Now().Add(time.Minute)))
	hello, _, err := conn.Receive()
	require.NoError(t, err)
	require.Equal(t, link.Frame{Kind: link.Hello, Name: b.name}, hello)
	return b
}

// offer offers the backend a new connection, on which a request waits. The
// broker's copy stays open.
func (b *soleBackend) offer(t *testing.T) (client, kept *net.TCPConn, id uint64) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer listener.Close()
	client, err = net.DialTCP("tcp", nil, listener.Addr().(*net.TCPAddr))
	require.NoError(t, err)
	kept, err = listener.AcceptTCP()
	require.NoError(t, err)
	t.Cleanup(func() { client.Close(); kept.Close() })
	_, err = io.WriteString(client, "GET /connections/0/attempts/1 HTTP/1.1\r\nHost: demo\r\n\r\n")
	require.NoError(t, err)
	b.ids++
	require.NoError(t, b.link.SendOffer(link.Frame{Kind: link.Offer, ID: b.ids, Token: someToken(t), Connection: 0, Attempt: 1}, kept))
	return client, kept, b.ids
}

func someToken(t *testing.T) registry.Token {
	token, err := registry.ParseToken([]byte("sixteen bytes it"))
	require.NoError(t, err)
	return token
}

func (b *soleBackend) answer(t *testing.T, id uint64, v link.Verdict) {
	require.NoError(t, b.link.Send(link.Frame{Kind: link.Answer, ID: id, Verdict: v}))
}

// requireSilence requires that nothing comes for a while: long enough for a
// backend that would serve to do so, and no longer than a test may take.
func requireSilence(t *testing.T, client *net.TCPConn) {
	require.NoError(t, client.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
	n, err := client.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Zero(t, n)
	require.NoError(t, client.SetReadDeadline(time.Now().Add(time.Minute)))
}

// end ends the link in order and returns how the process did.
func (b *soleBackend) end(t *testing.T) error {
	require.NoError(t, b.link.CloseWrite())
	_, _, err := b.link.Receive()
	require.ErrorIs(t, err, io.EOF)
	return b.cmd.Wait()
}

func TestBackendsServeOnlyAfterTheCommit(t *testing.T) {
	b := startBackend(t, "off")
	client, _, id := b.offer(t)
	ack, _, err := b.link.Receive()
	require.NoError(t, err)
	require.Equal(t, link.Frame{Kind: link.Ack, ID: id, Token: someToken(t)}, ack)
	requireSilence(t, client)

	b.answer(t, id, link.Commit)
	all, err := io.ReadAll(client)
	require.NoError(t, err, "the connection ends although the broker's copy is open")
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(all)), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	backend, err := answer.Check(0, resp.Header, body)
	require.NoError(t, err)
	require.Equal(t, b.name, backend)
	require.NoError(t, b.end(t))
}

func TestBackendsCloseWhatIsRevoked(t *testing.T) {
	b := startBackend(t, "never=100")
	client, kept, id := b.offer(t)
	requireSilence(t, client)
	b.answer(t, id, link.Revoke)
	// Its copy is closed, and the connection is not: that is the broker's to do.
	requireSilence(t, client)
	require.NoError(t, kept.Close())
	_, err := io.ReadAll(client)
	require.Error(t, err, "the request was never read, so the close is a reset")
	require.NoError(t, b.end(t), "no descriptor is left")
}

func TestBackendsCloseWhatIsHeldWhenTheLinkEnds(t *testing.T) {
	b := startBackend(t, "never=100")
	client, kept, _ := b.offer(t)
	require.NoError(t, kept.Close())
	requireSilence(t, client)
	require.NoError(t, b.end(t), "no descriptor is left")
	_, err := io.ReadAll(client)
	require.Error(t, err, "the request was never read, so the close is a reset")
}

func TestBackendsDropABrokerThatLies(t *testing.T) {
	for name, lie := range map[string]struct {
		complaint string
		frame     func(id uint64) link.Frame
	}{
		"a commit without an ACK": {"was not acknowledged", func(id uint64) link.Frame {
			return link.Frame{Kind: link.Answer, ID: id, Verdict: link.Commit}
		}},
		"a verdict on nothing": {"is not held", func(id uint64) link.Frame {
			return link.Frame{Kind: link.Answer, ID: id + 1, Verdict: link.Commit}
		}},
		"a backend's frame": {"sends no frames of kind", func(id uint64) link.Frame {
			return link.Frame{Kind: link.Ack, ID: id, Token: someToken(t)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBackend(t, "never=100")
			client, kept, id := b.offer(t)
			require.NoError(t, kept.Close())
			require.NoError(t, b.link.Send(lie.frame(id)))
			_, _, err := b.link.Receive()
			require.ErrorIs(t, err, io.EOF)
			require.Error(t, b.cmd.Wait())
			require.Contains(t, b.cmd.Stderr.(*strings.Builder).String(), lie.complaint)
			got, err := io.ReadAll(client)
			require.Error(t, err)
			require.Empty(t, got, "it serves nobody")
		})
	}
}
