package store

import (
	"cmp"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// naive is one record of a slice in which everything is found by looking at all.
type naive struct {
	key     Key
	end     Instant
	pending bool
	backend Backend
}

func TestStoreAgreesWithASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New()
		var all []naive
		for step := range rapid.IntRange(1, 100).Draw(t, "steps") {
			end := Instant(rapid.IntRange(1, 9).Draw(t, "end"))
			b := Backend{Service: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "service")}
			i := rapid.IntRange(0, len(all)).Draw(t, "i") - 1
			action := rapid.SampledFrom([]string{"add", "add pending", "pend", "remove"}).Draw(t, "action")
			switch {
			case action == "add":
				all = append(all, naive{key: keyOf(step), end: end})
				s.Add(&all[len(all)-1].key, end)
			case action == "add pending":
				all = append(all, naive{keyOf(step), end, true, b})
				s.AddPending(&all[len(all)-1].key, end, 0, known(&s, b))
			case action == "pend" && i >= 0 && !all[i].pending:
				id, _ := s.Find(&all[i].key)
				deadline := min(end, all[i].end)
				s.Pend(id, deadline, 0, known(&s, b))
				all[i].end, all[i].pending, all[i].backend = deadline, true, b
			case action == "remove" && i >= 0:
				s.Remove(s.Find(&all[i].key))
				all = slices.Delete(all, i, i+1)
			}
			agree(t, &s, all)
		}
	})
}

// known returns the number of b.
func known(s *Store, b Backend) BackendID {
	if n := s.FindBackend(b); n != 0 {
		return n
	}
	return s.AddBackend(b)
}

func keyOf(n int) (k Key) {
	binary.LittleEndian.PutUint64(k[:], uint64(n)+1)
	return k
}

// agree compares what the store finds with the slice. Of several records with the
// smallest end the store may return any.
func agree(t *rapid.T, s *Store, all []naive) {
	t.Helper()
	issued := []naive{}
	for _, want := range all {
		id, rec := s.Find(&want.key)
		require.NotZero(t, id)
		require.Equal(t, want.key, rec.Key)
		require.Equal(t, want.end, rec.End)
		require.Equal(t, want.pending, rec.Pending())
		if want.pending {
			require.Equal(t, want.backend, s.Backend(rec))
		} else {
			issued = append(issued, want)
		}
	}
	absent := Key{15: 1}
	id, rec := s.Find(&absent)
	require.Zero(t, id)
	require.Nil(t, rec)
	_, rec = s.First()
	endsFirst(t, all, rec)
	_, rec = s.FirstIssued()
	endsFirst(t, issued, rec)
}

// endsFirst requires that rec is one of some and has the smallest end of them; nil
// if there is none.
func endsFirst(t *rapid.T, some []naive, rec *Record) {
	t.Helper()
	if len(some) == 0 {
		require.Nil(t, rec)
		return
	}
	least := slices.MinFunc(some, func(a, b naive) int { return cmp.Compare(a.end, b.end) })
	require.Equal(t, least.end, rec.End)
	require.True(t, slices.ContainsFunc(some, func(n naive) bool { return n.key == rec.Key }))
}
