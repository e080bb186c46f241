package obligations_test

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// said makes a client, in a bubble, to which a broker made by hand says that it must
// reconnect; and where it reconnects to, it is greeted.
func said(t *testing.T) *client.Conn {
	t.Helper()
	token, err := registry.ParseToken([]byte("0123456789abcdef"))
	require.NoError(t, err)
	connections := 0
	dialer := client.Dialer{Address: "broker:1", Service: "echo", Connect: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		connections++
		if connections > 1 {
			go func() {
				_, _ = io.WriteString(theirs, "hello again")
				theirs.Close()
			}()
			return ours, nil
		}
		go func() {
			defer theirs.Close()
			if _, err := wire.ReadFrame(theirs, wire.MaxHello); err != nil {
				return
			}
			reply := wire.HelloReply{FrameID: 1, Negotiated: &wire.Negotiated{Protocol: 1, Token: token, Address: "elsewhere:1"}}
			told := wire.Fallback{Reason: wire.ReasonOf(fallback.BackendGone)}
			_, _ = theirs.Write(told.Append(reply.Append(nil)))
			_, _ = io.Copy(io.Discard, theirs)
		}()
		return ours, nil
	}}
	c, err := dialer.DialContext(t.Context(), "", "")
	require.NoError(t, err)
	return c.(*client.Conn)
}

func TestTheClientReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := said(t)
		defer c.Close()
		got, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, "hello again", string(got))
		require.Equal(t, client.Reconnected, c.Outcome())
	})
}

func TestAClientThatDoesNotReadDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := said(t)
		defer c.Close()
		synctest.Wait()
		time.Sleep(year)
		synctest.Wait()
		require.Equal(t, client.Pending, c.Outcome(), "it was told, and does not know")
		_, err := c.Read(make([]byte, 1))
		require.NoError(t, err)
		require.Equal(t, client.Reconnected, c.Outcome(), "it was only that")
	})
}
