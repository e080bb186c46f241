// Package store keeps the records of a registry: one for each live token, found
// by its key, and in the order of their ends. It is a data structure only: what a
// record means, and when it may change, is decided by package registry.
//
// Every operation costs the same however many records there are, as long as ends
// come in the order in which records are added (one that ends before others is
// put in its place by passing them). In a steady state none allocates. Memory
// follows the live records.
package store

import "github.com/handoff-go/handoff/fsm"

// Store is a set of records. Make one with [New]; the zero Store is not usable,
// and a Store must not be copied. It is not safe for concurrent use: the lock of
// the registry guards it. Nothing in it blocks or calls back.
//
// A method that looks for a record returns its [ID] and a pointer to it, or 0
// and nil. Both are valid until the record is removed.
type Store struct {
	records  slab[Record]
	byKey    index
	backends backends
	ack      list // pending, ending by AckDeadline: the order of Register is the order of ends
	ttl      list // issued, and pending ones that the token's end clips: in the order of Issue
	issued   list // the issued ones of ttl
}

// An ID is the number of a record; 0 is none.
type ID uint32

// MaxRecords is how many records can be numbered.
const MaxRecords = 1<<31 - 1

// New returns an empty store.
func New() Store {
	return Store{
		byKey:  newIndex(),
		ack:    list{chain: byEnd},
		ttl:    list{chain: byEnd},
		issued: list{chain: issued},
	}
}

// Find returns the record with key k.
func (s *Store) Find(k *Key) (ID, *Record) {
	return s.lookUp(s.byKey.find(&s.records, k))
}

// First returns the record with the smallest end. It merges two lists, each in
// order: where the token's end clips a deadline, the order of Register is not the
// order of ends.
func (s *Store) First() (ID, *Record) {
	a, t := s.ack.head, s.ttl.head
	if a == 0 || t != 0 && s.records.at(t).End < s.records.at(a).End {
		return s.lookUp(t)
	}
	return s.lookUp(a)
}

// FirstIssued returns the record with the smallest end of those that nothing is
// pending on.
func (s *Store) FirstIssued() (ID, *Record) { return s.lookUp(s.issued.head) }

func (s *Store) lookUp(n uint32) (ID, *Record) {
	if n == 0 {
		return 0, nil
	}
	return ID(n), s.records.at(n)
}

// Add makes a record with nothing pending on it. Its key must not be in the
// store.
func (s *Store) Add(k *Key, end Instant) {
	n, _ := s.take(k, end)
	s.ttl.insert(&s.records, n)
	s.issued.insert(&s.records, n)
}

// AddPending makes a record with a handoff pending for b since the given instant.
// Its key must not be in the store.
func (s *Store) AddPending(k *Key, deadline, since Instant, b BackendID) {
	n, rec := s.take(k, deadline)
	rec.inAck = true
	s.ack.insert(&s.records, n)
	s.pend(rec, since, b)
}

// Pend makes the handoff of a record pending, on which none is: for b, from the
// given instant until deadline, which replaces the record's end.
func (s *Store) Pend(id ID, deadline, since Instant, b BackendID) {
	n := uint32(id)
	rec := s.records.at(n)
	s.issued.remove(&s.records, n)
	// A record that keeps its end stays in ttl, where its place is known already.
	if deadline != rec.End {
		s.ttl.remove(&s.records, n)
		rec.End, rec.inAck = deadline, true
		s.ack.insert(&s.records, n)
	}
	s.pend(rec, since, b)
}

// Remove removes the record rec, which has the given ID.
func (s *Store) Remove(id ID, rec *Record) {
	n := uint32(id)
	if rec.inAck {
		s.ack.remove(&s.records, n)
	} else {
		s.ttl.remove(&s.records, n)
		if !rec.Pending() {
			s.issued.remove(&s.records, n)
		}
	}
	s.byKey.remove(&rec.Key, n)
	if rec.Pending() {
		s.backends.release(rec.backend)
	}
	s.records.give(n)
}

// FindBackend returns the number of b, or 0 if the store does not know it.
func (s *Store) FindBackend(b Backend) BackendID { return s.backends.find(b) }

// AddBackend makes b known, which must not be, and returns its number. The caller
// makes a handoff of b pending next: a backend is forgotten some time after its
// last handoff left, so one that never had any would stay for good.
func (s *Store) AddBackend(b Backend) BackendID { return s.backends.add(b) }

// Backend returns the backend of a record whose handoff is pending.
func (s *Store) Backend(rec *Record) Backend {
	return s.backends.known.at(uint32(rec.backend)).Backend
}

// take makes a record that is in no list yet.
func (s *Store) take(k *Key, end Instant) (uint32, *Record) {
	n := s.records.take()
	rec := s.records.at(n)
	rec.Key, rec.End = *k, end
	s.byKey.add(k, n)
	return n, rec
}

func (s *Store) pend(rec *Record, since Instant, b BackendID) {
	s.backends.hold(b)
	rec.backend, rec.Since, rec.State = b, since, fsm.Pending
}
