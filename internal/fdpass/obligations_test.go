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

// What HandoffProtocol.tla assumes of the kernel, with one test between real processes for
// each assumption: about the link as a queue in this file, about descriptors on it in
// frames_test.go, about the copies of a passed connection in copies_test.go, about the
// clock in clock_test.go. Each comment ends with the place where the spec assumes it.

// Indexes of the flags and values in the memory that a test shares with the other process.
const (
	goAhead    = iota // the other process may take its next step
	sent              // how many of its sends have returned
	done              // it has stored its values
	gotMessage        // it has received the message that the test waits for
)

const (
	rounds         = iota // how many rounds there are
	clockAfterSend        // the other process's clock after its send
	sendErrno             // the errno of its send that failed
	shortWrites           // how many of its writes with a descriptor were cut short
	namespaceDev          // its time namespace
	namespaceIno
)

// Sending and arriving are one step: once a send has returned, its bytes can be read. So a
// sender that reads the clock after its send never reads less than a reader that read the
// clock and then found the queue empty. That is why reading the clock first and the queue
// second proves that no ACK was sent before that clock. Spec: Send, and the order of
// ReadClock and Drain.
func TestASendIsReadableWhenItReturns(t *testing.T) {
	p := start(t, "sender")
	buf := make([]byte, 64)
	sends := uint32(repeats(20_000, 2_000))
	p.values[rounds].Store(int64(sends))
	var misses, empty, returned int
	for i := uint32(1); i <= sends; i++ {
		p.signal(goAhead, i)
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
			if looks > 100 { // leave the processor to the other process
				time.Sleep(10 * time.Microsecond)
			}
			require.Less(t, looks, 1_000_000, "the sender does not send")
		}
		now, err := fdpass.Clock()
		require.NoError(t, err)
		require.Equal(t, 16, got.N)
		require.Equal(t, uint64(i), binary.LittleEndian.Uint64(buf))
		before := int64(binary.LittleEndian.Uint64(buf[8:]))
		require.LessOrEqual(t, before, now, "received before it was sent")
		require.Len(t, got.FDs, int(i%2), "the descriptor arrives with the bytes")
		closeAll(t, p.ledger, got.FDs)

		require.NoError(t, p.await(done, i))
		require.LessOrEqual(t, foundEmpty, p.values[clockAfterSend].Load(), "the queue was found empty after the send")
	}
	p.finish(t)
	t.Logf("%d sends: %d not readable after their send; %d reads of an empty queue, %d reads begun after the send had returned", sends, misses, empty, returned)
	t.Attr("sends", fmt.Sprint(sends))
	require.Zero(t, misses)
	require.NotZero(t, empty, "no read came before the send")
	require.NotZero(t, returned, "no read came after the send")
}

func playSender(p *peer) error {
	fd, err := newMemfile("passed")
	if err != nil {
		return err
	}
	// The test stores the number of rounds after this process has started: wait for the first
	// go-ahead before loading it.
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
		p.values[clockAfterSend].Store(now)
		p.signal(done, i)
	}
	return nil
}

// After its sender was killed, everything that it sent can still be read, descriptors
// included, even if the sender left data unread; the end of file comes behind it. So the
// ACKs of a dead backend are known. Spec: BackendCrash leaves what the backend had sent in
// the queue.
func TestWhatWasSentOutlivesItsSender(t *testing.T) {
	var unread int
	kills := repeats(40, 5)
	for range kills {
		p := start(t, "streamer")
		_, err := p.TrySend([]byte("never read"), -1)
		require.NoError(t, err)
		p.signal(goAhead, 1)
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
		require.Contains(t, []int{returned, returned + 1}, len(a.frames), "killed after this many sends, or during the next one")
		require.Zero(t, p.ledger.Stats().Open)
	}
	t.Logf("%d senders killed; %d frames were unread when their sender died: all were read", kills, unread)
	require.NotZero(t, unread, "no sender was killed with unread frames")
}

// Once this end has shut its reading down, every send of the peer fails, what had arrived
// can still be read, up to the end of file, and this end's sends still arrive. So a broker
// that drops a link can settle every attempt on it. Spec: DropLink, CanSendUp and
// CanSendDown.
func TestShutdownReadFailsThePeersSends(t *testing.T) {
	links := repeats(40, 5)
	for range links {
		p := start(t, "streamer")
		p.signal(goAhead, 1)
		var a assembler
		buf := make([]byte, 1+rand.IntN(200))
		for enough := rand.IntN(300); len(a.frames) < enough; {
			a.read(t, p, buf)
		}
		require.NoError(t, p.ShutdownRead())
		for a.read(t, p, buf) {
		}
		require.NoError(t, p.await(done, 1), "a send of the peer does not fail")
		returned := int(p.flags[sent].Load())
		require.Equal(t, syscall.EPIPE, syscall.Errno(p.values[sendErrno].Load()))
		require.Len(t, a.frames, returned, "everything that was sent is read")
		a.requireStream(t)
		_, err := p.TrySend([]byte("still here"), -1)
		require.NoError(t, err)
		require.NoError(t, p.await(gotMessage, 1))
		p.finish(t)
		require.Zero(t, p.ledger.Stats().Open)
	}
	t.Logf("%d links were shut down while their peer was sending", links)
}

// playStreamer sends frames until a send fails, and then receives one message.
func playStreamer(p *peer) error {
	fd, err := newMemfile("passed")
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
		n, err := p.SendAll(frame(i, 8), passed, testDeadline())
		if err != nil {
			var errno syscall.Errno
			if n > 0 || !errors.As(err, &errno) {
				return fmt.Errorf("sent %d bytes: %w", n, err)
			}
			p.values[sendErrno].Store(int64(errno))
			p.signal(done, 1)
			break
		}
		p.flags[sent].Store(i)
	}
	buf := make([]byte, 64)
	got, err := p.Recv(buf)
	if err != nil || string(buf[:got.N]) != "still here" {
		return fmt.Errorf("received %q: %w", buf[:got.N], err)
	}
	p.signal(gotMessage, 1)
	return nil
}
