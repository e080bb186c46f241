package wire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
)

// unhex decodes hexadecimal digits and ignores spaces.
func unhex(t tester, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	require.NoError(t, err)
	return b
}

// The frame that each refused payload is put in.
var (
	asHello    = wire.Frame{Version: 1, Kind: wire.KindRequest, Protocol: wire.ProtocolHello}
	asReply    = wire.Frame{Version: 1, Kind: wire.KindResponse, Protocol: wire.ProtocolHello}
	asOffer    = wire.Frame{Version: 1, Kind: wire.KindRequest, Protocol: wire.ProtocolHandoff}
	asAck      = wire.Frame{Version: 1, Kind: wire.KindResponse, Protocol: wire.ProtocolHandoff}
	asLink     = wire.Frame{Version: 1, Kind: wire.KindEvent, Protocol: wire.ProtocolLink}
	asFallback = wire.Frame{Version: 1, Kind: wire.KindEvent, Protocol: wire.ProtocolClient}
)

const tokenHex = "000102030405060708090a0b0c0d0e0f"

func TestInvalidPayloadsAreRefused(t *testing.T) {
	around := func(depth int, inner string) string {
		return strings.Repeat("c301", depth) + inner + strings.Repeat("c401", depth)
	}
	group := func(depth int) string { return around(depth, "") }
	in := func(field, payload string) string { // payload in a length-delimited field
		n := len(unhex(t, payload))
		return field + hex.EncodeToString(protowire.AppendVarint(nil, uint64(n))) + payload
	}
	for name, c := range map[string]struct {
		frame   wire.Frame
		payload string
		message string
		field   int32
		err     error
	}{
		"nothing for an offer":           {asOffer, "", "HandoffOffer", 2, registry.ErrTokenMissing},
		"no service":                     {asOffer, "1210" + tokenHex, "HandoffOffer", 3, wire.ErrService},
		"token of no bytes":              {asOffer, "1200 1a0161", "HandoffOffer", 2, registry.ErrTokenMissing},
		"token of zeros":                 {asOffer, "1210" + strings.Repeat("00", 16) + "1a0161", "HandoffOffer", 2, registry.ErrTokenMissing},
		"bad token before a good one":    {asOffer, "120100 1210" + tokenHex + "1a0161", "HandoffOffer", 2, &registry.TokenSizeError{Got: 1}},
		"ready token of 15 bytes":        {asOffer, "1210" + tokenHex + "1a0161 c2060f" + tokenHex[:30], "HandoffOffer", 104, &registry.TokenSizeError{Got: 15}},
		"ready token as a number":        {asOffer, "c00601", "HandoffOffer", 104, wire.ErrWireType},
		"token of 17 bytes":              {asAck, "0a11" + tokenHex + "10", "HandoffAck", 1, &registry.TokenSizeError{Got: 17}},
		"token as a number":              {asAck, "0801", "HandoffAck", 1, wire.ErrWireType},
		"bool as bytes":                  {asAck, "1200", "HandoffAck", 2, wire.ErrWireType},
		"number as fixed64":              {asAck, "21 0000000000000000", "HandoffAck", 4, wire.ErrWireType},
		"detail as a group":              {asAck, "1b 1c", "HandoffAck", 3, wire.ErrWireType},
		"detail that is not UTF-8":       {asAck, "1a02c328", "HandoffAck", 3, wire.ErrUTF8},
		"accepted with a reason":         {asAck, "0a10" + tokenHex + "1001 a00640", "HandoffAck", 100, wire.ErrValue},
		"tag cut off":                    {asAck, "82", "HandoffAck", 0, wire.ErrTruncated},
		"varint cut off":                 {asAck, "2080", "HandoffAck", 4, wire.ErrTruncated},
		"varint missing":                 {asAck, "20", "HandoffAck", 4, wire.ErrTruncated},
		"bytes cut off":                  {asAck, "0a10 00", "HandoffAck", 1, wire.ErrTruncated},
		"unknown fixed32 cut off":        {asAck, "a50100", "HandoffAck", 20, wire.ErrTruncated},
		"length beyond everything":       {asAck, "0affffffffffffffffff01", "HandoffAck", 1, wire.ErrTruncated},
		"varint of eleven bytes":         {asAck, "20ffffffffffffffffffff01", "HandoffAck", 4, wire.ErrMalformed},
		"varint of more than 64 bits":    {asAck, "20ffffffffffffffffff02", "HandoffAck", 4, wire.ErrMalformed},
		"field 0":                        {asAck, "0000", "HandoffAck", 0, wire.ErrMalformed},
		"field 2^29":                     {asAck, "808080801000", "HandoffAck", 0, wire.ErrMalformed},
		"wire type 6":                    {asAck, "0e", "HandoffAck", 1, wire.ErrMalformed},
		"end of no group":                {asAck, "c401", "HandoffAck", 24, wire.ErrMalformed},
		"group that another ends":        {asAck, "c301 cc01", "HandoffAck", 24, wire.ErrMalformed},
		"group without an end":           {asAck, "c301", "HandoffAck", 24, wire.ErrTruncated},
		"group with a broken field":      {asAck, "c301 20", "HandoffAck", 24, wire.ErrTruncated},
		"groups too deep":                {asAck, group(101), "HandoffAck", 24, wire.ErrMalformed},
		"groups deep enough":             {asAck, group(100), "HandoffAck", 1, registry.ErrTokenMissing},
		"a field too deep":               {asAck, around(100, "2801"), "HandoffAck", 24, wire.ErrMalformed},
		"a field deep enough":            {asAck, around(99, "2801"), "HandoffAck", 1, registry.ErrTokenMissing},
		"groups too deep in a part":      {asReply, in("12", group(100)), "Refused", 24, wire.ErrMalformed},
		"groups deep enough in a part":   {asReply, in("12", group(99)+"2801"), "Refused", 5, wire.ErrWireType},
		"groups too deep in an entry":    {asReply, in("12", in("2a", group(99))), "Refused.details", 24, wire.ErrMalformed},
		"deep enough in an entry":        {asReply, in("12", in("2a", group(98)+"0a01ff")), "Refused.details", 1, wire.ErrUTF8},
		"groups too deep on a link":      {asLink, in("2a", group(100)), "Commit", 24, wire.ErrMalformed},
		"groups deep enough on a link":   {asLink, in("2a", group(99)), "Commit", 1, registry.ErrTokenMissing},
		"hello without a service":        {asHello, "", "Hello", 3, wire.ErrService},
		"hello's nonce as a number":      {asHello, "6801", "Hello", 13, wire.ErrWireType},
		"reply of nothing":               {asReply, "", "HelloReply", 0, wire.ErrNoMessage},
		"reply of the unknown":           {asReply, "1a00", "HelloReply", 0, wire.ErrNoMessage},
		"negotiated as a number":         {asReply, "0801", "HelloReply", 1, wire.ErrWireType},
		"refused as a number":            {asReply, "1001", "HelloReply", 2, wire.ErrWireType},
		"broken, then replaced":          {asReply, "0a0108 1200", "Negotiated", 1, wire.ErrTruncated},
		"negotiated in a broken half":    {asReply, "0a0108 0a0101", "Negotiated", 1, wire.ErrTruncated},
		"negotiated token of 3 bytes":    {asReply, "0a05 3a03102030", "Negotiated", 7, &registry.TokenSizeError{Got: 3}},
		"65 warnings":                    {asReply, "0a8201" + strings.Repeat("2200", 65), "Negotiated", 4, wire.ErrTooMany},
		"64 warnings, twice":             {asReply, strings.Repeat("0a8001"+strings.Repeat("2200", 64), 2), "Negotiated", 4, wire.ErrTooMany},
		"65 parts, by turns":             {asReply, strings.Repeat("0a00 1200", 32) + "0a00", "HelloReply", 1, wire.ErrTooMany},
		"broken detail":                  {asReply, "1203 2a010a", "Refused.details", 1, wire.ErrTruncated},
		"detail as a number":             {asReply, "1202 2801", "Refused", 5, wire.ErrWireType},
		"detail whose key is no text":    {asReply, "1205 2a03 0a01ff", "Refused.details", 1, wire.ErrUTF8},
		"link of nothing":                {asLink, "", "Link", 0, wire.ErrNoMessage},
		"link of the unknown":            {asLink, "5200", "Link", 10, wire.ErrNoMessage},
		"commit as a number":             {asLink, "2801", "Link", 5, wire.ErrWireType},
		"broken commit, then a ping":     {asLink, "2a0120 1200", "Commit", 4, wire.ErrTruncated},
		"commit without a token":         {asLink, "2a021001", "Commit", 1, registry.ErrTokenMissing},
		"revoke without a token":         {asLink, "32021001", "Revoke", 1, registry.ErrTokenMissing},
		"released without a token":       {asLink, "3a021001", "Released", 1, registry.ErrTokenMissing},
		"link hello without a version":   {asLink, "0a03 120161", "LinkHello", 1, wire.ErrValue},
		"link hello of no service":       {asLink, "0a02 0801", "LinkHello", 2, wire.ErrService},
		"welcome without a version":      {asLink, "2200", "Welcome", 1, wire.ErrValue},
		"welcome without a mode":         {asLink, "22020801", "Welcome", 2, wire.ErrValue},
		"welcome in a mode of tomorrow":  {asLink, "220408011003", "Welcome", 2, wire.ErrValue},
		"welcome that takes no offers":   {asLink, "220408011001", "Welcome", 3, wire.ErrValue},
		"welcome without a deadline":     {asLink, "2206080110011801", "Welcome", 4, wire.ErrValue},
		"fallback to what is no text":    {asFallback, "0a01ff", "Fallback", 1, wire.ErrUTF8},
		"fallback's reason as a message": {asFallback, "1200", "Fallback", 2, wire.ErrWireType},
	} {
		t.Run(name, func(t *testing.T) {
			c.frame.Payload = unhex(t, c.payload)
			m, err := wire.Parse(c.frame)
			require.Nil(t, m)
			require.Equal(t, &wire.FieldError{Message: c.message, Field: c.field, Err: c.err}, err)
			require.Equal(t, c.err, errors.Unwrap(err))
			require.Contains(t, err.Error(), c.message)
		})
	}
}

// A value over its limit is refused by the sender's Check and by the receiver; one at its limit is
// accepted by both.
func TestLimits(t *testing.T) {
	tok, err := registry.ParseToken(unhex(t, tokenHex))
	require.NoError(t, err)
	long := func(n int) string { return strings.Repeat("x", n) }
	many := map[string]string{}
	for i := range wire.MaxItems + 1 {
		many[long(i)] = ""
	}
	offer := wire.Offer{Token: tok, Service: long(64), CorrelationID: 1 << 63, ServeBy: 1 << 63, HandleValue: 1 << 63, ReadyToken: tok,
		Preface: make([]byte, wire.MaxPreface), Metadata: make([]byte, wire.MaxMetadata), ClientAddress: long(wire.MaxAddress)}
	with := func(change func(*wire.Offer)) *wire.Offer { o := offer; change(&o); return &o }
	for name, c := range map[string]struct {
		m     wire.Message
		field int32
		err   error
	}{
		"offer at its limits":         {&offer, 0, nil},
		"preface":                     {with(func(o *wire.Offer) { o.Preface = make([]byte, wire.MaxPreface+1) }), 101, wire.ErrTooLong},
		"metadata":                    {with(func(o *wire.Offer) { o.Metadata = make([]byte, wire.MaxMetadata+1) }), 102, wire.ErrTooLong},
		"client address":              {with(func(o *wire.Offer) { o.ClientAddress = long(wire.MaxAddress + 1) }), 103, wire.ErrTooLong},
		"service of 65":               {with(func(o *wire.Offer) { o.Service = long(65) }), 3, wire.ErrService},
		"service in capitals":         {with(func(o *wire.Offer) { o.Service = "Cache" }), 3, wire.ErrService},
		"service with an underscore":  {with(func(o *wire.Offer) { o.Service = "a_b" }), 3, wire.ErrService},
		"service with a slash":        {with(func(o *wire.Offer) { o.Service = "a/b" }), 3, wire.ErrService},
		"offer without a token":       {with(func(o *wire.Offer) { o.Token = registry.Token{} }), 2, registry.ErrTokenMissing},
		"ack at its limits":           {&wire.Ack{Token: tok, Detail: long(wire.MaxDetail), Reason: -1, RetryAfter: 1<<63 - 1}, 0, nil},
		"ack's detail":                {&wire.Ack{Token: tok, Detail: long(wire.MaxDetail + 1)}, 3, wire.ErrTooLong},
		"ready's detail":              {&wire.Ready{Token: tok, Detail: long(wire.MaxDetail + 1)}, 3, wire.ErrTooLong},
		"fallback":                    {&wire.Fallback{Address: long(wire.MaxAddress + 1)}, 1, wire.ErrTooLong},
		"bye at its limits":           {&wire.Bye{Detail: long(wire.MaxDetail)}, 0, nil},
		"bye":                         {&wire.Bye{Detail: long(wire.MaxDetail + 1)}, 2, wire.ErrTooLong},
		"hello at its limits":         {&wire.Hello{Service: "a", AuthToken: make([]byte, wire.MaxText-1)}, 0, nil},
		"hello as a whole":            {&wire.Hello{Service: "a", AuthToken: make([]byte, wire.MaxText)}, 0, wire.ErrTooLong},
		"hello's wanted version":      {&wire.Hello{Service: "a", WantedVersion: long(65)}, 4, wire.ErrTooLong},
		"hello's client version":      {&wire.Hello{Service: "a", ClientVersion: long(129)}, 5, wire.ErrTooLong},
		"hello's library":             {&wire.Hello{Service: "a", LibName: long(65)}, 11, wire.ErrTooLong},
		"hello's library version":     {&wire.Hello{Service: "a", LibVersion: long(65)}, 12, wire.ErrTooLong},
		"negotiated at its limits":    {&wire.HelloReply{Negotiated: &wire.Negotiated{Address: long(wire.MaxText)}}, 0, nil},
		"negotiated as a whole":       {&wire.HelloReply{Negotiated: &wire.Negotiated{Address: long(wire.MaxText), Warnings: []string{"w"}}}, 0, wire.ErrTooLong},
		"warnings":                    {&wire.HelloReply{Negotiated: &wire.Negotiated{Warnings: make([]string, wire.MaxItems+1)}}, 4, wire.ErrTooMany},
		"refused at its limits":       {&wire.HelloReply{Refused: &wire.Refused{Reason: long(wire.MaxText - 2), Details: map[string]string{"k": "v"}}}, 0, nil},
		"refused as a whole":          {&wire.HelloReply{Refused: &wire.Refused{Reason: long(wire.MaxText - 1), Details: map[string]string{"k": "v"}}}, 0, wire.ErrTooLong},
		"details":                     {&wire.HelloReply{Refused: &wire.Refused{Details: many}}, 5, wire.ErrTooMany},
		"reply of nothing":            {&wire.HelloReply{}, 0, wire.ErrNoMessage},
		"invalid text in a reply":     {&wire.HelloReply{Refused: &wire.Refused{Reason: "\xff"}}, 1, wire.ErrUTF8},
		"invalid text in an address":  {with(func(o *wire.Offer) { o.ClientAddress = "\xff" }), 103, wire.ErrUTF8},
		"welcome of nothing":          {&wire.Welcome{}, 1, wire.ErrValue},
		"link hello without a name":   {&wire.LinkHello{Version: 1}, 2, wire.ErrService},
		"released without its token":  {&wire.Released{CorrelationID: 1}, 1, registry.ErrTokenMissing},
		"accepted for a reason":       {&wire.Ack{Token: tok, Accepted: true, Reason: wire.ReasonBusy}, 100, wire.ErrValue},
		"commit, revoke and the rest": {&wire.Commit{Token: tok}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			frame, err := wire.ReadFrame(bytes.NewReader(c.m.Append(nil)), wire.MaxFrame)
			require.NoError(t, err)
			_, parsed := wire.Parse(frame)
			if c.err == nil {
				require.NoError(t, c.m.Check())
				require.NoError(t, parsed)
				require.LessOrEqual(t, len(c.m.Append(nil))-wire.HeaderSize, limitOf(c.m))
				return
			}
			var field *wire.FieldError
			require.ErrorIs(t, c.m.Check(), c.err)
			require.ErrorAs(t, c.m.Check(), &field)
			require.Equal(t, c.field, field.Field)
			if !tooLarge(parsed) { // beyond what any frame of the kind may be
				require.ErrorAs(t, parsed, &field)
				require.ErrorIs(t, parsed, c.err)
				require.Equal(t, c.field, field.Field)
			}
		})
	}
	// Parsing never returns a reply with both: the later one counts.
	both := &wire.HelloReply{Negotiated: &wire.Negotiated{}, Refused: &wire.Refused{}}
	require.ErrorIs(t, both.Check(), wire.ErrTooMany)
	// Nor with a negative wait: it is written as zero.
	for _, m := range []wire.Message{
		&wire.Ack{Token: tok, RetryAfter: -1}, &wire.Fallback{RetryAfter: -1},
		&wire.HelloReply{Negotiated: &wire.Negotiated{WaitBudget: -1}}, &wire.HelloReply{Refused: &wire.Refused{RetryAfter: -1}},
		&wire.Welcome{Version: 1, Mode: wire.ModeLease, MaxInFlight: 1, AckDeadline: 1, PingInterval: -1},
	} {
		require.ErrorIs(t, m.Check(), wire.ErrValue)
		frame, err := wire.ParseFrame(m.Append(nil)[wire.HeaderSize:])
		require.NoError(t, err)
		_, err = wire.Parse(frame)
		require.NoError(t, err)
	}
}

func TestWaitsAreRoundedUpAndSaturate(t *testing.T) {
	const most = (1<<63 - 1) / time.Millisecond * time.Millisecond
	for sent, want := range map[time.Duration]time.Duration{
		-1 << 63:             0,
		-time.Hour:           0,
		0:                    0,
		1:                    time.Millisecond,
		time.Millisecond:     time.Millisecond,
		time.Millisecond + 1: 2 * time.Millisecond,
		most - 1:             most,
		most:                 most,
		1<<63 - 1:            most,
	} {
		frame, err := wire.ParseFrame((&wire.Fallback{RetryAfter: sent}).Append(nil)[wire.HeaderSize:])
		require.NoError(t, err)
		m, err := wire.Parse(frame)
		require.NoError(t, err)
		require.Equal(t, want, m.(*wire.Fallback).RetryAfter, "%d", sent)
	}
	huge := asFallback
	huge.Payload = protowire.AppendVarint([]byte{0x18}, 1<<64-1)
	m, err := wire.Parse(huge)
	require.NoError(t, err)
	require.Equal(t, most, m.(*wire.Fallback).RetryAfter)
}

func TestClipDetailFits(t *testing.T) {
	require.Equal(t, "all right", wire.ClipDetail("all right"))
	require.Equal(t, "a?b", wire.ClipDetail("a\xff\xfeb"))
	for _, whole := range []string{strings.Repeat("x", wire.MaxDetail), strings.Repeat("\u00e9", wire.MaxDetail/2)} {
		require.Len(t, whole, wire.MaxDetail)
		require.Equal(t, whole, wire.ClipDetail(whole), "what just fits stays whole")
	}
	for n := range 8 {
		long := strings.Repeat("x", wire.MaxDetail-4+n) + strings.Repeat("\U0001f600", 3)
		clipped := wire.ClipDetail(long)
		require.NoError(t, (&wire.Bye{Detail: clipped}).Check())
		require.Greater(t, len(clipped), wire.MaxDetail-4)
		require.True(t, strings.HasPrefix(long, clipped), "cut between characters")
	}
	require.Equal(t, "?", wire.ClipDetail(strings.Repeat("\xff", 2*wire.MaxDetail)))
	require.Equal(t, "?", wire.ClipDetail(strings.Repeat("\x80", 2*wire.MaxDetail)))
}

func TestErrorMessages(t *testing.T) {
	field := &wire.FieldError{Message: "HandoffOffer", Field: 2, Err: &registry.TokenSizeError{Got: 3}}
	require.Equal(t, "wire: HandoffOffer: field 2: registry: token has 3 bytes, want 16", field.Error())
	whole := &wire.FieldError{Message: "Link", Err: wire.ErrNoMessage}
	require.Equal(t, "wire: Link contains no known message", whole.Error())
	envelope := &wire.EnvelopeError{Got: 3, Err: wire.ErrEncoding}
	require.Equal(t, "wire: payload is compressed (0x3)", envelope.Error())
	require.True(t, errors.Is(envelope, wire.ErrEncoding))
	size := &wire.FrameSizeError{Size: 5000, Max: 4096}
	require.Equal(t, "wire: frame body of 5000 bytes exceeds the limit of 4096", size.Error())
	require.NotErrorIs(t, wire.ErrTruncated, io.ErrUnexpectedEOF)
}

func TestCheckRequestNeedsNoToken(t *testing.T) {
	request := wire.Offer{Service: "a", Preface: make([]byte, wire.MaxPreface)}
	require.NoError(t, request.CheckRequest())
	require.ErrorIs(t, request.Check(), registry.ErrTokenMissing)
	request.Service = "A"
	require.ErrorIs(t, request.CheckRequest(), wire.ErrService)
	request = wire.Offer{Service: "a", Preface: make([]byte, wire.MaxPreface+1)}
	require.ErrorIs(t, request.CheckRequest(), wire.ErrTooLong)
}
