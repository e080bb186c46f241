package registry_test

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/registry"
)

// BenchmarkLife measures one whole life, Begin and Acknowledge, generation of the
// token included, while others are pending. The baseline is the usual implementation:
// a mutex, a map and one time.AfterFunc for each handoff. The two take turns of a
// thousand lives, so that a machine whose speed drifts affects both alike. ratio is
// ours to theirs.
func BenchmarkLife(b *testing.B) {
	for _, pending := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("pending=%d", pending), func(b *testing.B) {
			ours, err := registry.New(registry.Options{MaxPending: pending + 1, AckDeadline: time.Hour, TokenTTL: time.Hour})
			if err != nil {
				b.Fatal(err)
			}
			theirs := timers{deadline: time.Hour, pending: map[[16]byte]pendingTimer{}}
			now := time.Now()
			for range pending {
				if _, err := ours.Begin(cache, now); err != nil {
					b.Fatal(err)
				}
				theirs.begin("cache", now)
			}
			defer theirs.stop()
			compare(b, func() {
				now := time.Now()
				token, _ := ours.Begin(cache, now)
				if _, err := ours.Acknowledge(token, now); err != nil {
					b.Fatal(err)
				}
			}, func() {
				if !theirs.acknowledge(theirs.begin("cache", time.Now())) {
					b.Fatal("lost")
				}
			})
		})
	}
}

// compare runs both in turns and reports nanoseconds for each, and their ratio.
func compare(b *testing.B, ours, theirs func()) {
	const turn = 1000
	var spent [2]time.Duration
	lives := 0
	b.ReportAllocs()
	for b.Loop() {
		for i, life := range []func(){ours, theirs} {
			start := time.Now()
			for range turn {
				life()
			}
			spent[i] += time.Since(start)
		}
		lives += turn
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(spent[0].Nanoseconds())/float64(lives), "ours-ns/life")
	b.ReportMetric(float64(spent[1].Nanoseconds())/float64(lives), "theirs-ns/life")
	b.ReportMetric(float64(spent[0])/float64(spent[1]), "ratio")
}

// timers is the baseline.
type timers struct {
	deadline time.Duration
	mu       sync.Mutex
	pending  map[[16]byte]pendingTimer
}

type pendingTimer struct {
	service string
	since   time.Time
	timer   *time.Timer
}

func (m *timers) begin(service string, now time.Time) [16]byte {
	var token [16]byte
	rand.Read(token[:])
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending[token] = pendingTimer{service, now, time.AfterFunc(m.deadline, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.pending, token)
	})}
	return token
}

func (m *timers) acknowledge(token [16]byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.pending[token]
	if ok {
		p.timer.Stop()
		delete(m.pending, token)
	}
	return ok
}

func (m *timers) stop() {
	for _, p := range m.pending {
		p.timer.Stop()
	}
}

// BenchmarkIdleSweep is a sweep that finds nothing to do.
func BenchmarkIdleSweep(b *testing.B) {
	for _, pending := range []int{0, 1_000_000} {
		b.Run(fmt.Sprintf("pending=%d", pending), func(b *testing.B) {
			r := open(b, registry.Options{MaxPending: pending + 1})
			now := time.Now()
			for range pending {
				begin(b, r, now)
			}
			b.ReportAllocs()
			for b.Loop() {
				r.ExpireOverdue(now)
			}
		})
	}
}

// BenchmarkSweep is what each handoff costs that a sweep expires.
func BenchmarkSweep(b *testing.B) {
	const due = 100_000
	r := open(b, registry.Options{MaxPending: due})
	now := time.Now()
	for b.Loop() {
		b.StopTimer()
		for range due {
			begin(b, r, now)
		}
		b.StartTimer()
		if n := len(r.ExpireOverdue(now.Add(time.Hour))); n != due {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(due)/float64(b.N), "ns/handoff")
}

// BenchmarkContended is a life while every processor runs lives too.
func BenchmarkContended(b *testing.B) {
	r := open(b, registry.Options{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			now := time.Now()
			token, err := r.Begin(cache, now)
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := r.Acknowledge(token, now); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
