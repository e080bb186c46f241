//go:build linux

package fdpass_test

import (
	"testing"

	"github.com/handoff-go/handoff/internal/fdpass"
)

func BenchmarkFrame(b *testing.B) {
	x, y, _ := linkPair(b)
	frame, buf := make([]byte, 64), make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		x.TrySend(frame, -1)
		y.TryRecv(buf)
	}
}

func BenchmarkFrameWithDescriptor(b *testing.B) {
	x, y, ledger := linkPair(b)
	frame, buf, passed := make([]byte, 64), make([]byte, 4096), memfile(b, "passed")
	b.ReportAllocs()
	for b.Loop() {
		x.TrySend(frame, passed)
		got, _ := y.TryRecv(buf)
		fdpass.Close(got.FDs[0])
		ledger.Closed(fdpass.FromLink)
	}
}

func BenchmarkClock(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		fdpass.Clock()
	}
}

func BenchmarkLedger(b *testing.B) {
	var l fdpass.Ledger
	b.ReportAllocs()
	for b.Loop() {
		l.Opened(fdpass.FromLink)
		l.Closed(fdpass.FromLink)
	}
}
