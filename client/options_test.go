package client_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// Zero fields have defaults, and invalid fields are refused.
func TestDialerFields(t *testing.T) {
	p := scriptedBroker(t, join(replyHandedOver(t, time.Minute, ""), readyFrame(t), []byte("x")))
	t.Run("without an Address the arguments are dialled", func(t *testing.T) {
		d := client.Dialer{Service: service}
		c, err := d.DialContext(context.Background(), "tcp", p.address)
		require.NoError(t, err)
		defer c.Close()
		require.Equal(t, p.address, c.RemoteAddr().String())
		wantRead(t, c, "x")
	})
	t.Run("Service is required", func(t *testing.T) {
		for _, name := range []string{"", "A B", strings.Repeat("x", wire.MaxService+1)} {
			d := client.Dialer{Address: p.address, Service: name}
			c, err := d.DialContext(context.Background(), "", "")
			require.Nil(t, c)
			var option *client.OptionError
			require.ErrorAs(t, err, &option)
			require.Equal(t, "Service", option.Option)
			require.Contains(t, option.Problem, strconv.Quote(name))
		}
	})
	t.Run("a negative time is refused", func(t *testing.T) {
		for name, d := range map[string]client.Dialer{
			"ConnectTimeout": {Service: service, ConnectTimeout: -1},
			"ReplyTimeout":   {Service: service, ReplyTimeout: -1},
			"WaitMargin":     {Service: service, WaitMargin: -1},
		} {
			_, err := d.DialContext(context.Background(), "tcp", p.address)
			var option *client.OptionError
			require.ErrorAs(t, err, &option)
			require.Equal(t, name, option.Option)
		}
	})
	t.Run("the network follows from the address", func(t *testing.T) {
		for address, want := range map[string]string{
			"localhost:80": "tcp", "[::1]:80": "tcp", ":80": "tcp",
			"/run/broker": "unix", "./broker": "unix", "@broker": "unix", `C:\broker`: "unix",
		} {
			stop := errors.New("stop")
			d := client.Dialer{Service: service, Address: address}
			d.Connect = func(_ context.Context, network, at string) (net.Conn, error) {
				require.Equal(t, want, network)
				require.Equal(t, address, at)
				return nil, stop
			}
			_, err := d.DialContext(context.Background(), "", "")
			require.ErrorIs(t, err, stop)
		}
	})
	t.Run("a missing broker is an error", func(t *testing.T) {
		d := client.Dialer{Service: service, Address: filepath.Join(t.TempDir(), "nobody")}
		_, err := d.DialContext(context.Background(), "", "")
		var op *net.OpError
		require.ErrorAs(t, err, &op)
	})
}
