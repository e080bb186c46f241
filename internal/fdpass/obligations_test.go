//go:build linux

package fdpass_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// What HandoffProtocol.tla assumes of the kernel, one test for each assumption,
// between real processes: of the link as a queue here, of descriptors on it in
// frames_test.go, of the copies of a passed connection in copies_test.go, of the
// clock in clock_test.go. Each comment ends with where the spec assumes it.

// The flags and values of the board in the tests of this file.
const (
	goAhead = iota // the other process may do its next step
	sent           // how many of its sends have returned
	done           // it has written its values down
	heard          // it has received what was asked for
)

const (
	rounds = iota // how many there will be
	after         // its clock after its send
	failed        // the errno of the send that failed
)

// A send is one step with its arrival: once it has returned, what it sent can be
// read, and so a clock read after a send is never before a clock that the reader
// read before it found the queue empty. That is why a drain that follows the
// clock proves that no ACK was sent in time. Spec: Send, and the order of ReadClock
// and Drain.
func TestASendIsReadableWhenItReturns(t *testing.T) {
	p := start(t, "sender")
	buf := make([]byte, 64)
	sends := uint32(long(20_000, 2_000))
	p.values[rounds].Store(int64(sends))
	var misses, empty, returned int
	for i := uint32(1); i <= sends; i++ {
		p.raise(goAhead, i)
		foundEmpty := int64(math.MinInt64)
		var got fdpass.Received
		for looks := 0; ; looks++ {
			hasReturned := p.flags[sent].Load() >= i
			now, err := fdpass.Clock()
			require.NoError(t, err)
			got, err = p.TryRecv(buf)
			if hasReturned {
				returned++
			}
			if err == nil {
				break
			}
			require.Equal(t, fdpass.ErrWouldBlock, err)
			if hasReturned {
				misses++
			}
			empty++
			foundEmpty = now
			if looks > 100 { // the other process wants this processor
				time.Sleep(10 * time.Microsecond)
			}
			require.Less(t, looks, 1_000_000, "the sender is stuck")
		}
		now, err := fdpass.Clock()
		require.NoError(t, err)
		require.Equal(t, 16, got.N)
		require.Equal(t, uint64(i), binary.LittleEndian.Uint64(buf))
		before := int64(binary.LittleEndian.Uint64(buf[8:]))
		require.LessOrEqual(t, before, now, "sent after it was received")
		require.Len(t, got.FDs, int(i%2), "the descriptor arrives with the bytes")
		closeAll(t, p.ledger, got.FDs)

		require.NoError(t, p.await(done, i))
		require.LessOrEqual(t, foundEmpty, p.values[after].Load(), "the queue was empty after the send")
	}
	p.finish(t)
	t.Logf("%d sends: %d misses; %d looks at an empty queue, %d reads begun after the send had returned", sends, misses, empty, returned)
	t.Attr("sends", fmt.Sprint(sends))
	require.Zero(t, misses)
	require.NotZero(t, empty, "the reader was never there before the send")
	require.NotZero(t, returned, "the reader was never there after the send")
}

func playSender(p *other) error {
	fd, err := memory("passed")
	if err != nil {
		return err
	}
	// The test stores the number of rounds after this process has started, and before the first round.
	if err := p.await(goAhead, 1); err != nil {
		return err
	}
	frame := make([]byte, 16)
	for i := uint32(1); i <= uint32(p.values[rounds].Load()); i++ {
		if err := p.await(goAhead, i); err != nil {
			return err
		}
		passed := -1
		if i%2 == 1 {
			passed = fd
		}
		before, err := fdpass.Clock()
		if err != nil {
			return err
		}
		binary.LittleEndian.PutUint64(frame, uint64(i))
		binary.LittleEndian.PutUint64(frame[8:], uint64(before))
		if n, err := p.TrySend(frame, passed); n != len(frame) {
			return fmt.Errorf("sent %d bytes: %w", n, err)
		}
		p.flags[sent].Store(i)
		now, err := fdpass.Clock()
		if err != nil {
			return err
		}
		p.values[after].Store(now)
		p.raise(done, i)
	}
	return nil
}

// What was sent stays readable after its sender was killed, with its descriptors,
// although the sender had not read what was sent to it; then comes the end of
// file. So what a dead backend ACKed is known. Spec: BackendCrash, which leaves
// what the backend had sent in the queue.
func TestWhatWasSentOutlivesItsSender(t *testing.T) {
	var unread int
	kills := long(40, 5)
	for range kills {
		p := start(t, "streamer")
		_, err := p.TrySend([]byte("never read"), -1)
		require.NoError(t, err)
		p.raise(goAhead, 1)
		var a assembler
		buf := make([]byte, 1+rand.IntN(200))
		for enough := rand.IntN(300); len(a.frames) < enough; {
			a.read(t, p, buf)
		}
		p.kill()
		returned := int(p.flags[sent].Load())
		unread += max(0, returned-len(a.frames))
		for a.read(t, p, buf) {
		}
		a.requireStream(t)
		require.Contains(t, []int{returned, returned + 1}, len(a.frames), "killed after this many sends, or in the next one")
		require.Zero(t, p.ledger.Stats().Open)
	}
	t.Logf("%d killed; %d frames were unread when their sender died: all were read", kills, unread)
	require.NotZero(t, unread, "nobody died with something unread")
}

// Once this end has shut down its reading, every send of the peer fails, what had
// arrived is still read, up to the end of file, and this end's sends still arrive.
// So a broker that drops a link can settle what was on it. Spec: DropLink, CanSendUp
// and CanSendDown.
func TestShutdownOfReadingEndsThePeersSends(t *testing.T) {
	links := long(40, 5)
	for range links {
		p := start(t, "streamer")
		p.raise(goAhead, 1)
		var a assembler
		buf := make([]byte, 1+rand.IntN(200))
		for enough := rand.IntN(300); len(a.frames) < enough; {
			a.read(t, p, buf)
		}
		require.NoError(t, p.ShutdownRead())
		for a.read(t, p, buf) {
		}
		require.NoError(t, p.await(done, 1), "a send of the peer waits for ever")
		returned := int(p.flags[sent].Load())
		require.Equal(t, syscall.EPIPE, syscall.Errno(p.values[failed].Load()))
		require.Len(t, a.frames, returned, "what was sent is what was read")
		a.requireStream(t)
		_, err := p.TrySend([]byte("still here"), -1)
		require.NoError(t, err)
		require.NoError(t, p.await(heard, 1))
		p.finish(t)
		require.Zero(t, p.ledger.Stats().Open)
	}
	t.Logf("%d links shut down while their peer was sending", links)
}

// playStreamer sends until it cannot, and then hears.
func playStreamer(p *other) error {
	fd, err := memory("passed")
	if err != nil {
		return err
	}
	if err := p.await(goAhead, 1); err != nil {
		return err
	}
	for i := uint32(1); ; i++ {
		passed := -1
		if i%16 == 0 {
			passed = fd
		}
		n, err := p.SendAll(frame(i, 8), passed, soon())
		if err != nil {
			var errno syscall.Errno
			if n > 0 || !errors.As(err, &errno) {
				return fmt.Errorf("sent %d bytes: %w", n, err)
			}
			p.values[failed].Store(int64(errno))
			p.raise(done, 1)
			break
		}
		p.flags[sent].Store(i)
	}
	buf := make([]byte, 64)
	got, err := p.Recv(buf)
	if err != nil || string(buf[:got.N]) != "still here" {
		return fmt.Errorf("heard %q: %w", buf[:got.N], err)
	}
	p.raise(heard, 1)
	return nil
}
