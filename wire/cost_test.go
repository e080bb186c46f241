package wire_test

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func hotMessages(t testing.TB) (wire.Offer, wire.Ack, wire.Commit) {
	tok, err := registry.ParseToken(unhex(t, tokenHex))
	require.NoError(t, err)
	return wire.Offer{Token: tok, Service: "zccache", CorrelationID: 300, ServeBy: 123_456_789_012_345, Preface: make([]byte, 300)},
		wire.Ack{Token: tok, Accepted: true, CorrelationID: 300},
		wire.Commit{Token: tok, CorrelationID: 300}
}

// Sending and receiving the messages of a handoff allocates nothing once the buffers exist.
func TestAllocs(t *testing.T) {
	needsExactCosts(t)
	offer, ack, commit := hotMessages(t)
	frames := commit.Append(ack.Append(offer.Append(nil)))
	buf := make([]byte, 0, 1024)
	d := wire.NewDecoder(wire.MaxOffer)
	var p wire.Parser
	receive := func() {
		feed(d, frames)
		for {
			f, _, err := d.Next()
			if err == wire.ErrIncomplete {
				return
			}
			if _, err := p.Parse(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	receive() // the service's name is copied once, and the buffer made
	for name, work := range map[string]func(){
		"offer":   func() { offer := offer; buf = offer.Append(buf[:0]) },
		"ack":     func() { ack := ack; buf = ack.Append(buf[:0]) },
		"commit":  func() { commit := commit; buf = commit.Append(buf[:0]) },
		"check":   func() { _, _, _ = offer.Check(), ack.Check(), commit.Check() },
		"receive": receive,
	} {
		require.Zero(t, testing.AllocsPerRun(200, work), name)
	}
}

// Memory is proportional to the bytes that a hostile peer sent.
func TestHostileBytesCostLittleMemory(t *testing.T) {
	needsExactCosts(t)
	repeat := func(digits string) []byte {
		b := unhex(t, digits)
		return bytes.Repeat(b, 60_000/len(b))
	}
	nested := func(num string, inner []byte) []byte { // one length-delimited field
		n := len(inner)
		return append(append(unhex(t, num), byte(n)|0x80, byte(n>>7)|0x80, byte(n>>14)), inner...)
	}
	var keys []byte
	for i := range 8000 { // details with a key of their own each
		keys = append(keys, 0x2a, 4, 0x0a, 2, byte('0'+i%64), byte('0'+i/64%64))
	}
	for name, c := range map[string]struct {
		frame   wire.Frame
		payload []byte
	}{
		"warnings":             {asReply, nested("0a", repeat("2200"))},
		"details":              {asReply, nested("12", repeat("2a00"))},
		"details of all keys":  {asReply, nested("12", keys)},
		"replies in turn":      {asReply, repeat("0a00 1200")},
		"replies with content": {asReply, repeat("0a022200 12022a00")},
		"open groups":          {asOffer, repeat("c301")},
		"closed groups":        {asOffer, repeat(strings.Repeat("c301", 100) + strings.Repeat("c401", 100))},
		"tokens":               {asOffer, repeat("1210" + tokenHex)},
		"names":                {asHello, repeat("1a0461616161")},
		"messages":             {asLink, repeat("1200 1a00")[:4000]},
		"commits and revokes":  {asLink, repeat("2a00 3200")[:4000]},
	} {
		t.Run(name, func(t *testing.T) {
			c.frame.Payload = c.payload
			used := allocated(func() { _, _ = wire.Parse(c.frame) })
			t.Logf("%d bytes for %d", used, len(c.payload))
			require.Less(t, used, uint64(16<<10+len(c.payload)))
		})
	}
	// A header whose body never comes.
	used := allocated(func() {
		_, err := wire.ReadFrame(bytes.NewReader(unhex(t, "01 00000001 00")), wire.MaxFrame)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	})
	require.Less(t, used, uint64(64<<10))
	require.Greater(t, allocated(func() { sink = make([]byte, 1<<20) }), uint64(1<<20-1), "the measure sees memory")
}

var sink []byte

// allocated returns how many bytes f allocates, freed or not. It returns the least of three runs,
// since other goroutines may allocate meanwhile.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// needsExactCosts skips a test under the race detector, which allocates itself.
func needsExactCosts(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
}

func BenchmarkAppend(b *testing.B) {
	offer, ack, commit := hotMessages(b)
	short := offer
	short.Preface = nil
	for _, c := range []struct {
		name string
		m    wire.Message
	}{{"offer/preface=0", &short}, {"offer/preface=300", &offer}, {"ack", &ack}, {"commit", &commit}} {
		b.Run("message="+c.name, func(b *testing.B) {
			buf := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				buf = c.m.Append(buf[:0])
			}
		})
	}
}

func BenchmarkReceive(b *testing.B) {
	offer, ack, commit := hotMessages(b)
	short := offer
	short.Preface = nil
	for _, c := range []struct {
		name string
		m    wire.Message
	}{{"offer/preface=0", &short}, {"offer/preface=300", &offer}, {"ack", &ack}, {"commit", &commit}} {
		b.Run("message="+c.name, func(b *testing.B) {
			frame := c.m.Append(nil)
			d := wire.NewDecoder(wire.MaxOffer)
			var p wire.Parser
			b.ReportAllocs()
			for b.Loop() {
				d.Advance(copy(d.Free(), frame))
				f, _, err := d.Next()
				if err != nil {
					b.Fatal(err)
				}
				if _, err = p.Parse(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
