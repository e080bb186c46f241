package fdpass

import (
	"cmp"
	"slices"
	"sync"
)

// Origin is where a descriptor came from.
type Origin string

// The origins of this module.
const (
	FromLink   Origin = "received over a link"
	Accepted   Origin = "accepted from a client"
	Duplicated Origin = "duplicated"
)

// Ledger counts the descriptors that a party must close, by origin. At every instant each
// descriptor that was opened is closed, adopted by somebody else, or still open.
//
// The zero Ledger is ready to use; a nil Ledger counts nothing. A Ledger must not be
// copied. It is safe for concurrent use, and its methods do not wait.
type Ledger struct {
	mu     sync.Mutex
	counts map[Origin]Stats
}

// Stats are the counts of a [Ledger]: Opened = Closed + Adopted + Open in every
// value ever returned.
type Stats struct {
	Opened  uint64 // the party got a descriptor, and must close it
	Closed  uint64 // the party closed it
	Adopted uint64 // the party gave it to somebody who must close it now, as Accept does
	Open    int    // opened, not yet closed or adopted; negative if more was closed than opened
}

// Leak is an origin with descriptors that are still open.
type Leak struct {
	Origin Origin
	Open   int // how many; negative if some were closed twice, or never counted as opened
}

// Opened counts a descriptor that the party must close from now on.
func (l *Ledger) Opened(from Origin) { l.count(from, Stats{Opened: 1, Open: 1}) }

// Closed counts a descriptor that the party closed.
func (l *Ledger) Closed(from Origin) { l.count(from, Stats{Closed: 1, Open: -1}) }

// Adopted counts a descriptor that somebody else must close from now on.
func (l *Ledger) Adopted(from Origin) { l.count(from, Stats{Adopted: 1, Open: -1}) }

func (l *Ledger) count(from Origin, change Stats) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = make(map[Origin]Stats)
	}
	l.counts[from] = l.counts[from].plus(change)
}

func (s Stats) plus(t Stats) Stats {
	return Stats{
		Opened:  s.Opened + t.Opened,
		Closed:  s.Closed + t.Closed,
		Adopted: s.Adopted + t.Adopted,
		Open:    s.Open + t.Open,
	}
}

// Stats returns the sum of all origins at one instant.
func (l *Ledger) Stats() Stats {
	if l == nil {
		return Stats{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var sum Stats
	for _, s := range l.counts {
		sum = sum.plus(s)
	}
	return sum
}

// Leaks returns the origins that have open descriptors at one instant, ordered by name; nil
// if there are none. Once the party has shut down each of them is a leak.
func (l *Ledger) Leaks() []Leak {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var leaks []Leak
	for from, s := range l.counts {
		if s.Open != 0 {
			leaks = append(leaks, Leak{Origin: from, Open: s.Open})
		}
	}
	slices.SortFunc(leaks, func(a, b Leak) int { return cmp.Compare(a.Origin, b.Origin) })
	return leaks
}
