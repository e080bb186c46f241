package route_test

import (
	"errors"
	"net"
	"testing"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func tlsThenHTTPThenRest() broker.Route {
	return route.First(
		route.SNI(map[string]string{"a.example": "tls-a", "*.b.example": "tls-b"}),
		route.HTTPHost(map[string]string{"a.example": "http-a", "*.b.example": "http-b"}),
		route.Fixed("rest"),
	)
}

func TestFirstThatKnowsTheClientWins(t *testing.T) {
	decide := tlsThenHTTPThenRest()
	for name, test := range map[string]struct{ sent, want string }{
		"TLS":                      {string(tlsHello(t, "a.example")), "tls-a"},
		"TLS, another host":        {string(tlsHello(t, "c.example")), "rest"},
		"TLS without a host":       {string(tlsHello(t, "")), "rest"},
		"HTTP":                     {"GET / HTTP/1.1\r\nHost: x.b.example\r\n", "http-b"},
		"HTTP, another host":       {"GET / HTTP/1.1\r\nHost: c.example\r\n", "rest"},
		"HTTP/2":                   {"PRI * HTTP/2.0\r\n\r\n", "rest"},
		"a protocol of its own":    {"\x00\x01\x02", "rest"},
		"a protocol that has text": {"HELO there\r\n", "rest"},
	} {
		t.Run(name, func(t *testing.T) { decidesByBytes(t, decide, []byte(test.sent), test.want) })
	}
}

// SNI yields at the first byte of an HTTP request, and HTTPHost at the first byte of TLS.
func TestFirstYieldsAsSoonAsAProtocolIsRuledOut(t *testing.T) {
	tlsOnly := route.First(route.SNI(names), route.Fixed("rest"))
	request, err := tlsOnly(broker.Client{Sent: []byte("G")})
	require.NoError(t, err)
	require.Equal(t, "rest", request.Service)
	httpOnly := route.First(route.HTTPHost(names), route.Fixed("rest"))
	request, err = httpOnly(broker.Client{Sent: []byte("\x16")})
	require.NoError(t, err)
	require.Equal(t, "rest", request.Service)
}

func TestFirstWaitsForAnEarlierRouteBeforeALaterOneThatNeedsNoByte(t *testing.T) {
	_, err := tlsThenHTTPThenRest()(broker.Client{})
	require.ErrorIs(t, err, broker.ErrMore)
	request, err := route.First(route.Fixed("first"), route.SNI(names))(broker.Client{})
	require.NoError(t, err)
	require.Equal(t, "first", request.Service)
}

// A client that sends no more, or more than the broker looks at, is decided by what is there.
func TestFirstPassesOverWhoStillNeedsMoreAtTheEnd(t *testing.T) {
	decide := tlsThenHTTPThenRest()
	for name, sent := range map[string][]byte{
		"nothing":           nil,
		"half of TLS":       tlsHello(t, "a.example")[:20],
		"half of a request": []byte("GET / HTT"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decide(broker.Client{Sent: sent})
			require.ErrorIs(t, err, broker.ErrMore)
			request, err := decide(broker.Client{Sent: sent, Ended: true})
			require.NoError(t, err)
			require.Equal(t, "rest", request.Service)
		})
	}
	_, err := route.First(route.SNI(names))(broker.Client{Ended: true})
	require.ErrorIs(t, err, broker.ErrNoRoute)
	require.NotErrorIs(t, err, broker.ErrMore)
}

func TestFirstWithoutAnyRouteThatKnowsTheClient(t *testing.T) {
	_, err := route.First()(broker.Client{})
	require.ErrorIs(t, err, broker.ErrNoRoute)
	_, err = route.First(route.SNI(nil), route.Port(nil))(broker.Client{Sent: []byte("x"), Local: &net.TCPAddr{Port: 80}})
	require.ErrorIs(t, err, broker.ErrNoRoute)
	require.ErrorContains(t, err, "TLS")
	require.ErrorContains(t, err, "80")
}

func TestFirstGivesOnAnyOtherError(t *testing.T) {
	errForbidden := errors.New("forbidden")
	forbidding := func(broker.Client) (broker.Request, error) { return broker.Request{}, errForbidden }
	_, err := route.First(forbidding, route.Fixed("rest"))(broker.Client{})
	require.ErrorIs(t, err, errForbidden)
	require.NotErrorIs(t, err, broker.ErrNoRoute)
}

// However a client's bytes arrive, the answer is the one for all of them at once.
func TestFirstDecidesByBytesNotByPackets(t *testing.T) {
	hello := tlsHello(t, "x.b.example")
	rapid.Check(t, func(t *rapid.T) {
		decide := drawRoute(t, "route")
		sent := drawSent(t, hello)
		want, wantErr := decide(broker.Client{Sent: sent, Ended: true})
		for have := 0; ; {
			ended := have == len(sent) && rapid.Bool().Draw(t, "the end is seen with the last bytes")
			got, err := decide(broker.Client{Sent: sent[:have:have], Ended: ended})
			if !errors.Is(err, broker.ErrMore) {
				require.Equal(t, want, got)
				require.Equal(t, wantErr == nil, err == nil, "%v against %v", wantErr, err)
				return
			}
			if have == len(sent) {
				if !ended {
					got, err = decide(broker.Client{Sent: sent, Ended: true})
				}
				require.Equal(t, want, got)
				require.Equal(t, wantErr == nil, err == nil)
				return
			}
			have += rapid.IntRange(1, len(sent)-have).Draw(t, "packet")
		}
	})
}

// First of First is First of all: how routes are grouped does not matter.
func TestFirstMayBeNested(t *testing.T) {
	hello := tlsHello(t, "a.example")
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawRoute(t, "a"), drawRoute(t, "b"), drawRoute(t, "c")
		sent := drawSent(t, hello)
		client := broker.Client{Sent: sent[:rapid.IntRange(0, len(sent)).Draw(t, "have")], Ended: rapid.Bool().Draw(t, "ended")}
		want, wantErr := route.First(a, b, c)(client)
		for _, grouped := range []broker.Route{route.First(route.First(a, b), c), route.First(a, route.First(b, c))} {
			got, err := grouped(client)
			require.Equal(t, want, got)
			for _, sentinel := range []error{broker.ErrMore, broker.ErrNoRoute} {
				require.Equal(t, errors.Is(wantErr, sentinel), errors.Is(err, sentinel))
			}
		}
	})
}

// drawRoute draws a route of one to four others.
func drawRoute(t *rapid.T, label string) broker.Route {
	known := map[string]string{"a.example": "a", "*.b.example": "b"}
	routes := rapid.SliceOfN(rapid.SampledFrom([]broker.Route{
		route.SNI(names), route.SNI(known), route.SNI(nil),
		route.HTTPHost(names), route.HTTPHost(known), route.HTTPHost(nil),
		route.Fixed("fixed"), route.Port(map[int]string{80: "port"}),
	}), 1, 4).Draw(t, label)
	return route.First(routes...)
}

// drawSent draws what a client of some protocol sends, whole, cut short or changed.
func drawSent(t *rapid.T, hello []byte) []byte {
	sent := rapid.OneOf(
		rapid.Just(hello),
		rapid.Just(inRecords(hello, 9)),
		rapid.Custom(func(t *rapid.T) []byte {
			host := rapid.SampledFrom([]string{"a.example", "y.b.example", "c", ""}).Draw(t, "host")
			return []byte("GET / HTTP/1.1\r\nAccept: */*\r\nHost: " + host + "\r\n\r\n")
		}),
		rapid.SliceOfN(rapid.Byte(), 0, 40),
	).Draw(t, "sent")
	sent = append([]byte(nil), sent[:rapid.IntRange(0, len(sent)).Draw(t, "cut")]...)
	if len(sent) > 0 && rapid.Bool().Draw(t, "changed") {
		sent[rapid.IntRange(0, len(sent)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "to")
	}
	return sent
}
