package demo

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/answer"
)

// raw returns the bytes of the honest answer to a connection.
func raw(t *testing.T, connection uint32, backend string) string {
	w := httptest.NewRecorder()
	require.NoError(t, answer.Write(w, connection, backend))
	resp := w.Result()
	resp.Close = true
	var b strings.Builder
	require.NoError(t, resp.Write(&b))
	return b.String()
}

// serving returns a client of a server that answers everybody with s and then
// ends the connection.
func serving(t *testing.T, s string) *clients {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			// The request is read, so that the close is no reset.
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.WriteString(conn, s)
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	cfg := Config{Connections: 1, Parallel: 1}
	hello := ready{Address: listener.Addr().String(), Backends: []string{"backend-1/7", "backend-2/8"}}
	return newClients(cfg, t.TempDir(), hello, func(context.Context) error { return nil })
}

func TestClientsTakeOneWholeAnswer(t *testing.T) {
	c := serving(t, raw(t, 0, "backend-1/7"))
	c.run(context.Background())
	tally := c.snapshot()
	require.Empty(t, tally.Problems)
	require.Equal(t, 1, tally.Answered)
	require.Equal(t, 1, tally.Opened)
	require.Zero(t, tally.Lost+tally.Broken+tally.Reconnected)
	require.Equal(t, map[string]int{"backend-1/7": 1}, tally.By)
	require.Empty(t, tally.Direct)
}

func TestClientsRefuseEveryOtherAnswer(t *testing.T) {
	whole := raw(t, 0, "backend-1/7")
	for name, s := range map[string]string{
		"two owners answer":      whole + raw(t, 0, "backend-2/8"),
		"one byte follows":       whole + "x",
		"another connection's":   raw(t, 1, "backend-1/7"),
		"an unknown backend":     raw(t, 0, "backend-3/9"),
		"an error":               "HTTP/1.1 500 Oh\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		"the wrong request":      "HTTP/1.1 421 Misdirected Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		"two backends, one body": whole[:len(whole)-100] + raw(t, 0, "backend-2/8")[len(whole)-100:],
	} {
		t.Run(name, func(t *testing.T) {
			c := serving(t, s)
			_, err := c.get(context.Background(), request{0, 1})
			var wrong *answer.MismatchError
			require.ErrorAs(t, err, &wrong)
			c.run(context.Background())
			tally := c.snapshot()
			require.Equal(t, 1, tally.Lost)
			require.Zero(t, tally.Answered)
			require.Len(t, tally.Problems, 1)
			require.Equal(t, 2, tally.Opened, "no retry makes a wrong answer good")
		})
	}
}

func TestClientsTryTenTimesMore(t *testing.T) {
	whole := raw(t, 0, "backend-1/7")
	for name, s := range map[string]string{
		"nothing":        "",
		"half a header":  whole[:50],
		"all but a byte": whole[:len(whole)-1],
		"no HTTP at all": "\x01\x02\x03",
	} {
		t.Run(name, func(t *testing.T) {
			c := serving(t, s)
			c.run(context.Background())
			tally := c.snapshot()
			require.Equal(t, 1, tally.Lost)
			require.Equal(t, 11, tally.Opened)
			require.Equal(t, 11, tally.Broken)
		})
	}
}

func TestRequestLinesHaveOneForm(t *testing.T) {
	r, err := parseRequestLine("GET /connections/17/attempts/2 HTTP/1.1\r\n")
	require.NoError(t, err)
	require.Equal(t, request{17, 2}, r)
	for _, line := range []string{
		"",
		"GET /connections/17/attempts/2 HTTP/1.1\n",
		"GET /connections/17/attempts/2 HTTP/1.0\r\n",
		"POST /connections/17/attempts/2 HTTP/1.1\r\n",
		"GET /connections/+17/attempts/2 HTTP/1.1\r\n",
		"GET /connections/017/attempts/2 HTTP/1.1\r\n",
		"GET /connections/17/attempts/ HTTP/1.1\r\n",
		"GET /connections/4294967296/attempts/1 HTTP/1.1\r\n",
		"GET /connections/17/attempts/2/3 HTTP/1.1\r\n",
		"GET /connections/17 HTTP/1.1\r\n",
	} {
		_, err := parseRequestLine(line)
		require.Error(t, err, "%q", line)
	}
}
