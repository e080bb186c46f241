package route_test

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/stretchr/testify/require"
)

var names = map[string]string{"a.example": "a", "*.b.example": "b", "*": "rest"}

func TestHTTPHost(t *testing.T) {
	cases := map[string]struct{ sent, want string }{
		"a host":                 {"GET / HTTP/1.1\r\nHost: a.example\r\n", "a"},
		"another case":           {"GET / HTTP/1.1\r\nhOST:A.Example.\r\n", "a"},
		"a port":                 {"GET / HTTP/1.1\r\nHost: a.example:8080\r\n", "a"},
		"bare line feeds":        {"GET / HTTP/1.1\nHost: a.example\n", "a"},
		"later fields":           {"GET / HTTP/1.1\r\nAccept: */*\r\nHost: \t a.example \r\n", "a"},
		"one label":              {"GET / HTTP/1.1\r\nHost: x.b.example\r\n", "b"},
		"two labels":             {"GET / HTTP/1.1\r\nHost: y.x.b.example\r\n", "rest"},
		"a target with a host":   {"GET http://a.example/x HTTP/1.1\r\n", "a"},
		"a user in the target":   {"GET http://u@a.example/x HTTP/1.1\r\n", "a"},
		"CONNECT":                {"CONNECT a.example:443 HTTP/1.1\r\n", "a"},
		"the target's host wins": {"GET http://a.example/ HTTP/1.1\r\nHost: x.b.example\r\n", "a"},
		"an address":             {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n", "rest"},
		"no host at all":         {"GET / HTTP/1.0\r\n\r\n", "rest"},
		"the server's own":       {"OPTIONS * HTTP/1.1\r\nHost: a.example\r\n", "a"},
	}
	decide := route.HTTPHost(names)
	for name, test := range cases {
		t.Run(name, func(t *testing.T) { decidesByBytes(t, decide, []byte(test.sent), test.want) })
	}
	for name, sent := range map[string]string{
		"HTTP/2":              "PRI * HTTP/2.0\r\n\r\n",
		"TLS":                 "\x16\x03\x01",
		"a continued line":    "GET / HTTP/1.1\r\nA: b\r\n Host: a.example\r\n",
		"a space in a name":   "GET / HTTP/1.1\r\nHost : a.example\r\n",
		"no colon":            "GET / HTTP/1.1\r\nHost\r\n",
		"no version":          "GET /\r\n",
		"a target of nothing": "GET a.example HTTP/1.1\r\n",
		"an empty line first": "\r\nGET / HTTP/1.1\r\nHost: a.example\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decide(broker.Client{Sent: []byte(sent)})
			require.ErrorIs(t, err, broker.ErrNoRoute)
		})
	}
}

func TestSNI(t *testing.T) {
	decide := route.SNI(names)
	for name, want := range map[string]string{"a.example": "a", "x.b.example": "b", "other": "rest", "": "rest"} {
		t.Run(name, func(t *testing.T) { decidesByBytes(t, decide, tlsHello(t, name), want) })
		t.Run(name+" in small records", func(t *testing.T) {
			decidesByBytes(t, decide, inRecords(tlsHello(t, name), 7), want)
		})
	}
}

func TestSNIRefusesWhatIsNotTLS(t *testing.T) {
	decide := route.SNI(names)
	hello := tlsHello(t, "a.example")
	// Whatever is done to a byte, the route must answer; it must not panic.
	for i := range hello {
		for _, b := range []byte{0, 1, 0x7f, 0xff} {
			changed := append([]byte(nil), hello...)
			changed[i] = b
			_, _ = decide(broker.Client{Sent: changed})
		}
	}
	for _, sent := range []string{"GET / HTTP/1.1\r\n", "\x16\x02", "\x16\x03\x01\x00\x00", "\x16\x03\x01\x00\x04\x02\x00\x00\x00", "\x16\x03\x01\x00\x04\x01\x00\x00\x00", "\x16\x03\x01\xff\xff"} {
		_, err := decide(broker.Client{Sent: []byte(sent)})
		require.ErrorIs(t, err, broker.ErrNoRoute, "%q", sent)
	}
}

func TestHostsWithoutAServiceHaveNoRoute(t *testing.T) {
	_, err := route.HTTPHost(map[string]string{"a": "a"})(broker.Client{Sent: []byte("GET / HTTP/1.1\nHost: b\n")})
	require.ErrorIs(t, err, broker.ErrNoRoute)
	_, err = route.HTTPHost(map[string]string{"": "a"})(broker.Client{Sent: []byte("GET / HTTP/1.0\n\n")})
	require.ErrorIs(t, err, broker.ErrNoRoute)
}

func TestPort(t *testing.T) {
	decide := route.Port(map[int]string{80: "web"})
	r, err := decide(broker.Client{Local: &net.TCPAddr{Port: 80}})
	require.NoError(t, err)
	require.Equal(t, "web", r.Service)
	_, err = decide(broker.Client{Local: &net.TCPAddr{Port: 81}})
	require.ErrorIs(t, err, broker.ErrNoRoute)
	_, err = decide(broker.Client{Local: &net.UnixAddr{}})
	require.ErrorIs(t, err, broker.ErrNoRoute)
}

// decidesByBytes asks a route with every prefix of what is sent: it needs more until it has decided,
// and then its answer never changes.
func decidesByBytes(t *testing.T, decide broker.Route, sent []byte, want string) {
	t.Helper()
	decided := false
	for n := range len(sent) + 1 {
		r, err := decide(broker.Client{Sent: sent[:n:n]})
		if !decided && err != nil {
			require.ErrorIs(t, err, broker.ErrMore)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, r.Service)
		decided = true
	}
	require.True(t, decided)
}

// tlsHello returns the first message of a real TLS client.
func tlsHello(t *testing.T, name string) []byte {
	t.Helper()
	client, server := net.Pipe()
	go func() {
		c := tls.Client(client, &tls.Config{ServerName: name, InsecureSkipVerify: true})
		_ = c.Handshake()
		client.Close()
	}()
	defer server.Close()
	header := make([]byte, 5)
	_, err := io.ReadFull(server, header)
	require.NoError(t, err)
	body := make([]byte, int(header[3])<<8|int(header[4]))
	_, err = io.ReadFull(server, body)
	require.NoError(t, err)
	return append(header, body...)
}

// inRecords cuts the one record of a hello into many.
func inRecords(hello []byte, size int) []byte {
	var b strings.Builder
	for body := hello[5:]; len(body) > 0; {
		part := body[:min(size, len(body))]
		body = body[len(part):]
		b.Write([]byte{22, 3, 1, 0, byte(len(part))})
		b.Write(part)
	}
	return []byte(b.String())
}
