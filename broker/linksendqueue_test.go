package broker

import (
	"errors"
	"syscall"
	"testing"

	"github.com/handoff-go/handoff/internal/fdpass"
	"github.com/stretchr/testify/require"
)

// socket takes so many bytes, and then answers with an error.
type socket struct {
	capacity int
	err      error // when full; nil: fdpass.ErrWouldBlock
	taken    []byte
}

func (s *socket) TrySend(b []byte, _ int) (int, error) {
	n := min(s.capacity, len(b))
	s.capacity -= n
	s.taken = append(s.taken, b[:n]...)
	if n > 0 {
		return n, nil
	}
	if s.err != nil {
		return 0, s.err
	}
	return 0, fdpass.ErrWouldBlock
}

// flushAll is what the flushing goroutine does, with a socket that has room now.
func flushAll(o *sendQueue, s *socket) (written []*attempt) {
	for b := o.next(); len(b) > 0; b = o.next() {
		s.taken = append(s.taken, b...)
		if a := o.written(nil); a != nil {
			written = append(written, a)
		}
	}
	return written
}

func TestSendQueueKeepsTheOrderOfFrames(t *testing.T) {
	s := &socket{capacity: 5}
	o := sendQueue{sock: s}
	for i, frame := range []string{"abc", "def", "ghi"} {
		flush, err := o.post([]byte(frame))
		require.NoError(t, err)
		require.Equal(t, i == 1, flush, "the frame that does not fit starts the flushing, once")
	}
	require.Equal(t, sendFlushing, o.phase)
	require.Empty(t, flushAll(&o, s))
	require.Equal(t, "abcdefghi", string(s.taken))
	require.Equal(t, sendIdle, o.phase)
}

func TestOfferPartlyPostedIsWrittenByTheFirstFlush(t *testing.T) {
	s := &socket{capacity: 2}
	o := sendQueue{sock: s}
	a := &attempt{}
	whole, err := o.postOffer(a, []byte("offer"), 7)
	require.NoError(t, err)
	require.False(t, whole)
	require.Equal(t, a, o.partial)
	_, err = o.post([]byte("next"))
	require.NoError(t, err)
	require.Equal(t, []*attempt{a}, flushAll(&o, s))
	require.Equal(t, "offernext", string(s.taken))
	require.Nil(t, o.partial)
}

func TestOfferOfWhichNothingIsSentIsNotQueued(t *testing.T) {
	for err, phase := range map[error]sendPhase{
		fdpass.ErrWouldBlock: sendIdle,
		syscall.ETOOMANYREFS: sendIdle,
		syscall.EPIPE:        sendBroken,
		syscall.ECONNRESET:   sendBroken,
	} {
		o := sendQueue{sock: &socket{err: err}}
		_, got := o.postOffer(&attempt{}, []byte("offer"), 7)
		require.ErrorIs(t, got, err)
		require.Empty(t, o.queue)
		require.Nil(t, o.partial)
		require.Equal(t, phase, o.phase, "%v", err)
	}
}

// A backend may leave so much unread and no more, in one frame or in many.
func TestSendQueueHoldsSoMuchUnread(t *testing.T) {
	for name, frame := range map[string]int{"in one frame": maxSendQueue, "in many": maxSendQueue / 64} {
		t.Run(name, func(t *testing.T) {
			o := sendQueue{sock: &socket{}}
			for i := range maxSendQueue / frame {
				flush, err := o.post(make([]byte, frame))
				require.NoError(t, err)
				require.Equal(t, i == 0, flush)
			}
			require.Len(t, o.queue, maxSendQueue)
			require.Equal(t, sendFlushing, o.phase)
			_, err := o.post([]byte("x"))
			require.ErrorIs(t, err, errCongested)
			require.Equal(t, sendBroken, o.phase)
			require.Empty(t, o.queue, "the memory is freed")
		})
	}
}

// What was posted while the flushing goroutine wrote is for its next write; the rest of an offer is
// in its first.
func TestSendQueueWritesWhatCameMeanwhile(t *testing.T) {
	s := &socket{capacity: 2}
	o := sendQueue{sock: s}
	a := &attempt{}
	_, err := o.postOffer(a, []byte("offer"), 7)
	require.NoError(t, err)
	require.Equal(t, "fer", string(o.next()))
	_, err = o.post([]byte("next"))
	require.NoError(t, err)
	require.Equal(t, a, o.written(nil))
	require.Equal(t, "next", string(o.next()))
	require.Nil(t, o.written(nil), "an offer is written once")
	require.Equal(t, sendFlushing, o.phase)
	require.Empty(t, o.next())
	require.Equal(t, sendIdle, o.phase)
	s.capacity = 10
	whole, err := o.postOffer(a, []byte("offer"), 7)
	require.NoError(t, err)
	require.True(t, whole)
	require.Nil(t, o.partial)
	require.Equal(t, sendIdle, o.phase)
}

func TestBrokenSendQueueThrowsFramesAway(t *testing.T) {
	breaking := map[string]func(*sendQueue) error{
		"a write fails": func(o *sendQueue) error {
			_, err := o.post([]byte("x"))
			return err
		},
		"the backend reads too slowly": func(o *sendQueue) error {
			o.phase = sendFlushing
			_, err := o.post(make([]byte, maxSendQueue+1))
			return err
		},
		"the flushing fails": func(o *sendQueue) error {
			o.phase, o.queue, o.partial = sendFlushing, []byte("x"), &attempt{}
			o.next()
			require.Nil(t, o.written(syscall.EPIPE), "the offer is not written")
			return syscall.EPIPE
		},
	}
	for name, breakIt := range breaking {
		t.Run(name, func(t *testing.T) {
			o := sendQueue{sock: &socket{err: syscall.EPIPE}}
			err := breakIt(&o)
			require.True(t, errors.Is(err, syscall.EPIPE) || errors.Is(err, errCongested))
			require.Equal(t, sendBroken, o.phase)
			flush, err := o.post([]byte("y"))
			require.NoError(t, err, "the reason is told once")
			require.False(t, flush)
			require.Empty(t, o.next())
			require.Equal(t, sendBroken, o.phase)
		})
	}
}
