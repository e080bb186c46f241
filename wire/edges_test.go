package wire_test

import (
	"strings"
	"testing"

	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// An error names the message in which it was found, of those on a link, too.
func TestErrorsNameTheMessageOnTheLink(t *testing.T) {
	for message, tag := range map[string]string{
		"LinkHello": "0a", "Ping": "12", "Pong": "1a", "Welcome": "22", "Commit": "2a",
		"Revoke": "32", "Released": "3a", "Draining": "42", "Bye": "4a",
	} {
		f := asLink
		f.Payload = unhex(t, tag+"01 20") // field 4, cut off
		_, err := wire.Parse(f)
		require.Equal(t, &wire.FieldError{Message: message, Field: 4, Err: wire.ErrTruncated}, err)
	}
	f := asAck
	f.Payload = unhex(t, "2001 82") // a tag that is cut off, behind a field
	_, err := wire.Parse(f)
	require.Equal(t, &wire.FieldError{Message: "HandoffAck", Err: wire.ErrTruncated}, err)
}

func TestServiceNamesHaveLowerCaseLettersDigitsAndHyphens(t *testing.T) {
	const may = "abcdefghijklmnopqrstuvwxyz0123456789-"
	for c := range 256 {
		err := wire.CheckService("a" + string([]byte{byte(c)}))
		if strings.IndexByte(may, byte(c)) >= 0 {
			require.NoError(t, err, "%q", c)
		} else {
			require.ErrorIs(t, err, wire.ErrService, "%q", c)
		}
	}
	require.ErrorIs(t, wire.CheckService(""), wire.ErrService)
}

func TestReasonsHaveNamesIfTheyAreKnown(t *testing.T) {
	require.Equal(t, "none", wire.Reason(0).String())
	require.Equal(t, "Reason(-1)", wire.Reason(-1).String())
	require.Equal(t, "backend-gone", wire.ReasonBackendGone.String())
	require.Equal(t, "Reason(11)", (wire.ReasonBackendGone + 1).String())
}

func TestATimeNamespaceMayHaveSmallNumbers(t *testing.T) {
	a := wire.TimeNamespace{Device: 1, Inode: 1}
	require.True(t, a.Same(a))
}

// Free returns 64 bytes at least, and a buffer that has them is not replaced.
func TestDecoderGrowsWhenLessThan64BytesAreFree(t *testing.T) {
	d := wire.NewDecoder(wire.MaxFrame)
	feed(d, unhex(t, "01 00000001"))
	for d.Received() < 448 {
		feed(d, make([]byte, 1))
		_, _, err := d.Next()
		require.ErrorIs(t, err, wire.ErrIncomplete)
	}
	require.Len(t, d.Free(), 64)
	require.Equal(t, 512, d.Cap())
	feed(d, make([]byte, 1))
	require.GreaterOrEqual(t, len(d.Free()), 64)
	require.Greater(t, d.Cap(), 512)
}

// With fewer than 64 bytes free, the bytes of frames that were returned are dropped before the
// buffer grows.
func TestDecoderMakesRoomBeforeItGrows(t *testing.T) {
	d := wire.NewDecoder(wire.MaxFrame)
	first := (&wire.Ping{Nonce: 1}).Append(nil)
	feed(d, append(first, unhex(t, "01 00000001")...))
	_, _, err := d.Next()
	require.NoError(t, err)
	for d.Received() < 449 {
		d.Free()[0] = 0
		d.Advance(1)
	}
	require.GreaterOrEqual(t, len(d.Free()), 64)
	require.Equal(t, 512, d.Cap())
}

// Every text of a message is checked by its sender.
func TestTextsOfRepliesAreChecked(t *testing.T) {
	const bad = "\xff"
	for name, c := range map[string]struct {
		m     wire.Message
		field int32
	}{
		"hello's request id": {&wire.Hello{Service: "a", RequestID: bad}, 8},
		"daemon version":     {&wire.HelloReply{Negotiated: &wire.Negotiated{DaemonVersion: bad}}, 2},
		"address":            {&wire.HelloReply{Negotiated: &wire.Negotiated{Address: bad}}, 3},
		"a warning":          {&wire.HelloReply{Negotiated: &wire.Negotiated{Warnings: []string{"w", bad}}}, 4},
		"a detail's key":     {&wire.HelloReply{Refused: &wire.Refused{Details: map[string]string{bad: "v"}}}, 5},
		"a detail's value":   {&wire.HelloReply{Refused: &wire.Refused{Details: map[string]string{"k": bad}}}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			var field *wire.FieldError
			require.ErrorAs(t, c.m.Check(), &field)
			require.Equal(t, c.field, field.Field)
			require.ErrorIs(t, field, wire.ErrUTF8)
		})
	}
}

// What just fits is valid, for the sender and for the receiver.
func TestAsManyItemsAsPermitted(t *testing.T) {
	details := map[string]string{}
	for i := range wire.MaxItems {
		details[strings.Repeat("x", i)] = ""
	}
	for _, m := range []wire.Message{
		&wire.HelloReply{Refused: &wire.Refused{Details: details}},
		&wire.HelloReply{Negotiated: &wire.Negotiated{Warnings: make([]string, wire.MaxItems)}},
	} {
		require.NoError(t, m.Check())
		frame, err := wire.ParseFrame(m.Append(nil)[wire.HeaderSize:])
		require.NoError(t, err)
		require.Equal(t, m, parse(t, frame))
	}
}

// An empty field means the same as a missing one.
func TestAnEmptyFieldIsMissing(t *testing.T) {
	f := asHello
	f.Payload = unhex(t, "1a0161 3a00")
	require.Nil(t, parse(t, f).(*wire.Hello).AuthToken)
}
