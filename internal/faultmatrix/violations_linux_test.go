package faultmatrix_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// sound is the evidence of a world in which one client was served by the first backend
// and another was told to reconnect.
func sound(t *testing.T) evidence {
	token, err := registry.ParseToken([]byte("0123456789abcdef"))
	require.NoError(t, err)
	reply := (&wire.HelloReply{FrameID: 1, Negotiated: &wire.Negotiated{Protocol: 1, Token: token}}).Append(nil)
	ready := (&wire.Ready{Token: token, Accepted: true, CorrelationID: 1}).Append(bytes.Clone(reply))
	told := (&wire.Fallback{Reason: wire.ReasonBackendGone}).Append(bytes.Clone(reply))
	return evidence{
		broker: []report{
			{Kind: "step", Op: "AcceptClient", Note: "one"},
			{Kind: "step", Op: "Begin", Offer: 1, Ref: 11, Note: "one"},
			{Kind: "registry", Ref: 11},
			{Kind: "outcome", Note: "adopted"},
			{Kind: "step", Op: "AcceptClient", Note: "two"},
			{Kind: "step", Op: "Begin", Offer: 2, Ref: 12, Note: "two"},
			{Kind: "registry", Ref: 12},
			{Kind: "step", Op: "SendFallback", Note: "two"},
			{Kind: "outcome", Note: "fallback"},
		},
		backends: map[string][]report{
			first:  {{Kind: "step", Op: "Own", Offer: 1}, {Kind: "serving", Note: "one"}},
			second: {},
		},
		clients: map[string][]heard{
			"one": {{clientsSocket, append(ready, "AAAA"...)}},
			"two": {{clientsSocket, told}, {reconnectSocket, []byte("RRRR")}},
		},
		lasting: []string{"one", "two"},
		books: map[string]books{
			"broker": {Opened: 2, Closed: 2, Outcomes: 2, Registry: registry.Stats{Registered: 2, Acknowledged: 1, Expired: 1}},
			first:    {Opened: 1, Adopted: 1},
		},
	}
}

func TestJudgeFindsNothingWhereNothingIs(t *testing.T) {
	e := sound(t)
	require.Empty(t, e.violations())
	delete(e.books, "broker") // it was killed, and did not live to count the last
	e.broker = e.broker[:6]
	e.clients["two"] = nil
	require.Empty(t, e.violations())
}

// Every kind of thing that the judge is for, put into the evidence.
func TestJudgeFindsWhatMustNotBe(t *testing.T) {
	say := func(e *evidence, b string) { e.clients["one"][0].Bytes = append(e.clients["one"][0].Bytes, b...) }
	for claim, c := range map[string]struct {
		spoil func(*evidence)
		want  string
	}{
		"two backends own": {func(e *evidence) {
			e.backends[second] = []report{{Kind: "step", Op: "Own", Offer: 1}}
		}, "one has 2 owners"},
		"a backend serves without a step of its own": {func(e *evidence) {
			e.backends[second] = []report{{Kind: "serving", Note: "one"}}
		}, "one has 2 owners"},
		"an owner of another attempt": {func(e *evidence) {
			e.broker = append(e.broker, report{Kind: "step", Op: "Begin", Offer: 3, Ref: 13, Note: "one"}, report{Kind: "registry", Ref: 13})
			e.backends[second] = []report{{Kind: "step", Op: "Own", Offer: 3}}
		}, "one has 2 owners"},
		"fallback for a client that is owned": {func(e *evidence) {
			e.broker = append(e.broker, report{Kind: "step", Op: "SendFallback", Note: "one"})
		}, "one has 2 owners"},
		"a proxy for a client that is owned": {func(e *evidence) {
			e.probe = "one"
			e.broker = append(e.broker, report{Kind: "step", Op: "Proxy"})
		}, "one has 2 owners"},
		"bytes of two parties":        {func(e *evidence) { say(e, "B") }, "bytes of two parties"},
		"bytes of who does not own":   {func(e *evidence) { e.backends[first], e.backends[second] = nil, e.backends[first] }, "who does not own"},
		"ready that nobody sent":      {func(e *evidence) { e.backends[first] = nil }, "who does not own"},
		"bytes behind fallback":       {func(e *evidence) { e.clients["two"][0].Bytes = append(e.clients["two"][0].Bytes, 'A') }, "last word"},
		"a fallback not the broker's": {func(e *evidence) { e.broker[7].Op = "Settle" }, "last word"},
		"a reconnect not asked for":   {func(e *evidence) { e.clients["one"] = append(e.clients["one"], heard{reconnectSocket, []byte("R")}) }, "not told to reconnect"},
		"nonsense":                    {func(e *evidence) { e.clients["one"][0].Bytes[0] = 0xff }, "not a frame"},
		"a handoff that never left":   {func(e *evidence) { e.broker[2].Kind = "" }, "left the registry 0 times"},
		"a handoff that left twice":   {func(e *evidence) { e.broker = append(e.broker, report{Kind: "registry", Ref: 11}) }, "left the registry 2 times"},
		"a handoff that left twice before the broker was killed": {func(e *evidence) {
			delete(e.books, "broker")
			e.broker = append(e.broker, report{Kind: "registry", Ref: 11})
		}, "left the registry 2 times"},
		"a client without an outcome":                  {func(e *evidence) { e.broker[3].Kind = "" }, "2 clients, 1 outcomes"},
		"a client that is served though it was fenced": {func(e *evidence) { e.broker[3].Note = "fenced" }, "but 0 adopted"},
		"an outcome that is not counted": {func(e *evidence) {
			b := e.books["broker"]
			b.Outcomes = 1
			e.books["broker"] = b
		}, "1 in the counts"},
		"a registry that is not empty": {func(e *evidence) {
			b := e.books["broker"]
			b.Registry.Pending = 1
			e.books["broker"] = b
		}, "not balanced"},
		"a descriptor that is open": {func(e *evidence) { e.books[first] = books{Opened: 1, Open: 1} }, "lost descriptors"},
		"a descriptor that is lost": {func(e *evidence) { e.books[first] = books{Opened: 2, Closed: 1} }, "lost descriptors"},
		"a socket that no book has": {func(e *evidence) { e.books[first] = books{Sockets: 1} }, "lost descriptors"},
	} {
		t.Run(claim, func(t *testing.T) {
			e := sound(t)
			c.spoil(&e)
			require.Contains(t, strings.Join(e.violations(), "\n"), c.want)
		})
	}
}
