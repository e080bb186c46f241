package link_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/link"
	"github.com/handoff-go/handoff/registry"
)

func token(t testing.TB, fill byte) registry.Token {
	tok, err := registry.ParseToken(bytes.Repeat([]byte{fill}, registry.TokenSize))
	require.NoError(t, err)
	return tok
}

func frames(t testing.TB) []link.Frame {
	return []link.Frame{
		{Kind: link.Hello, Name: "backend-1"},
		{Kind: link.Hello, Name: strings.Repeat("n", link.MaxName)},
		{Kind: link.Offer, ID: 1, Token: token(t, 1), Connection: 17, Attempt: 2},
		{Kind: link.Offer, ID: 1<<64 - 1, Token: token(t, 255), Connection: 1<<32 - 1, Attempt: 1<<32 - 1},
		{Kind: link.Ack, ID: 1, Token: token(t, 1)},
		{Kind: link.Answer, ID: 1, Verdict: link.Commit},
		{Kind: link.Answer, ID: 2, Verdict: link.Revoke},
	}
}

func encode(t testing.TB, fs ...link.Frame) []byte {
	var b []byte
	var err error
	for _, f := range fs {
		b, err = link.Append(b, f)
		require.NoError(t, err)
	}
	return b
}

func TestFramesReadBackFromOneStream(t *testing.T) {
	want := frames(t)
	stream := iotest.OneByteReader(bytes.NewReader(encode(t, want...)))
	for _, f := range want {
		got, err := link.Read(stream)
		require.NoError(t, err)
		require.Equal(t, f, got)
	}
	_, err := link.Read(stream)
	require.ErrorIs(t, err, io.EOF)
}

func TestTruncatedFramesAreNoFrames(t *testing.T) {
	for _, f := range frames(t) {
		whole := encode(t, f)
		for n := 1; n < len(whole); n++ {
			_, err := link.Read(bytes.NewReader(whole[:n]))
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%d of %d bytes", n, len(whole))
		}
	}
}

func header(kind byte, length uint32) []byte {
	b := binary.BigEndian.AppendUint32([]byte{kind}, length)
	return binary.BigEndian.AppendUint64(b, 1)
}

func TestMalformedFramesAreRefusedBeforeTheirBody(t *testing.T) {
	for name, b := range map[string][]byte{
		"kind 0":           header(0, 0),
		"unknown kind":     header(5, 1),
		"oversized hello":  header(byte(link.Hello), link.MaxName+1),
		"empty hello":      header(byte(link.Hello), 0),
		"oversized offer":  header(byte(link.Offer), 1<<32-1),
		"short offer":      header(byte(link.Offer), 23),
		"oversized ACK":    header(byte(link.Ack), 17),
		"empty ACK":        header(byte(link.Ack), 0),
		"two-byte verdict": header(byte(link.Answer), 2),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := link.Read(io.MultiReader(bytes.NewReader(b), iotest.ErrReader(io.ErrClosedPipe)))
			var bad *link.FrameError
			require.ErrorAs(t, err, &bad, "and not the error that reading the body gives")
		})
	}
}

func TestMalformedBodiesAreRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"verdict 0":     append(header(byte(link.Answer), 1), 0),
		"verdict 3":     append(header(byte(link.Answer), 1), 3),
		"zero token":    append(header(byte(link.Ack), 16), make([]byte, 16)...),
		"zero in offer": append(header(byte(link.Offer), 24), make([]byte, 24)...),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := link.Read(bytes.NewReader(b))
			var bad *link.FrameError
			require.ErrorAs(t, err, &bad)
		})
	}
}

func TestFramesThatCouldNotBeReadAreNotWritten(t *testing.T) {
	for name, f := range map[string]link.Frame{
		"zero":         {},
		"no name":      {Kind: link.Hello},
		"long name":    {Kind: link.Hello, Name: strings.Repeat("n", link.MaxName+1)},
		"no token":     {Kind: link.Ack, ID: 1},
		"no verdict":   {Kind: link.Answer, ID: 1},
		"unknown kind": {Kind: 9, ID: 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := link.Append([]byte("before"), f)
			var bad *link.FrameError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, "before", string(got))
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, frame := range frames(f) {
		f.Add(encode(f, frame))
	}
	f.Add(encode(f, frames(f)...))
	f.Add(header(byte(link.Offer), 1<<32-1))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		for {
			before := len(b) - r.Len()
			frame, err := link.Read(r)
			if err != nil {
				return
			}
			again, err := link.Append(nil, frame)
			require.NoError(t, err)
			require.Equal(t, b[before:len(b)-r.Len()], again, "a frame has one form")
		}
	})
}
