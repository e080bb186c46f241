//go:build linux

package fdpass_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// frame returns frame i of a stream: size bytes, at least 8.
func frame(i uint32, size int) []byte {
	b := bytes.Repeat([]byte{byte(i)}, size)
	binary.LittleEndian.PutUint32(b, uint32(size))
	binary.LittleEndian.PutUint32(b[4:], i)
	return b
}

// assembler reassembles the frames of a stream, with their descriptors.
type assembler struct {
	frames []assembled
	part   []byte // the bytes of a last frame that is not complete
	joined int    // reads in which several frames began, the last of them with descriptors
	split  int    // frames with descriptors that several reads brought
}

type assembled struct {
	index uint32
	size  int
	text  string // of its descriptor's memfile; "": no descriptor
}

// read reads once. It returns false at the end of file.
func (a *assembler) read(t testing.TB, p *peer, buf []byte) bool {
	t.Helper()
	got, err := p.Recv(buf)
	if err == io.EOF {
		require.Empty(t, a.part, "the stream ends inside a frame")
		return false
	}
	require.NoError(t, err)
	require.False(t, got.Truncated)
	a.add(t, buf[:got.N], got.FDs)
	closeAll(t, p.ledger, got.FDs)
	return true
}

// add appends the result of one read. Its descriptors belong to the last frame that begins
// in it.
func (a *assembler) add(t testing.TB, b []byte, fds []int) {
	t.Helper()
	begun := 0
	for len(b) > 0 {
		if len(a.part) == 0 {
			a.frames = append(a.frames, assembled{})
			begun++
		}
		size := 8
		if len(a.part) >= 8 {
			size = int(binary.LittleEndian.Uint32(a.part))
		}
		n := min(size-len(a.part), len(b))
		a.part = append(a.part, b[:n]...)
		b = b[n:]
		if len(a.part) >= 8 && len(a.part) == int(binary.LittleEndian.Uint32(a.part)) {
			f := &a.frames[len(a.frames)-1]
			f.index, f.size = binary.LittleEndian.Uint32(a.part[4:]), len(a.part)
			require.Equal(t, frame(f.index, f.size), a.part)
			a.part = a.part[:0]
		}
	}
	if len(fds) == 0 {
		return
	}
	require.Len(t, fds, 1)
	require.NotZero(t, begun, "a descriptor came with bytes in which no frame begins")
	last := &a.frames[len(a.frames)-1]
	require.Empty(t, last.text, "two descriptors for one frame")
	last.text = memfileText(t, fds[0])
	if begun > 1 {
		a.joined++
	}
	if len(a.part) > 0 {
		a.split++
	}
}

// requireStream fails unless the frames are those of playStreamer.
func (a *assembler) requireStream(t testing.TB) {
	t.Helper()
	for i, f := range a.frames {
		want := assembled{index: uint32(i + 1), size: 8}
		if want.index%16 == 0 {
			want.text = "passed"
		}
		require.Equal(t, want, f)
	}
}

// Every descriptor arrives with its frame, even where writes were cut short and reads
// bring several frames: a read never continues beyond a write that carried a descriptor.
// Spec: an offer and its copy of the connection are one element of a queue.
func TestDescriptorsStayWithTheirFrames(t *testing.T) {
	p := start(t, "framer")
	frames := uint32(repeats(5_000, 500))
	p.values[rounds].Store(int64(frames))
	p.signal(goAhead, 1)
	require.NoError(t, p.await(sent, 1))
	var a assembler
	buf := make([]byte, 100_000)
	for reads := 0; ; reads++ {
		if reads%16 == 0 {
			time.Sleep(100 * time.Microsecond) // let the writer get ahead, so that several frames are queued
		}
		if !a.read(t, p, buf[:1+rand.IntN(len(buf))>>rand.IntN(16)]) {
			break
		}
	}
	p.finish(t)
	require.Len(t, a.frames, int(frames))
	for i, f := range a.frames {
		size, passed := shape(uint32(i))
		want := assembled{index: uint32(i), size: size}
		if passed {
			want.text = fmt.Sprint("frame ", i)
		}
		require.Equal(t, want, f)
	}
	require.Zero(t, p.ledger.Stats().Open)
	short := p.values[shortWrites].Load()
	t.Logf("%d frames; %d writes with a descriptor cut short; %d reads of several frames, the last with a descriptor; %d frames with a descriptor in several reads",
		frames, short, a.joined, a.split)
	t.Attr("frames", fmt.Sprint(frames))
	require.NotZero(t, short)
	require.NotZero(t, a.joined)
	require.NotZero(t, a.split)
}

// shape returns the size of playFramer's frame i, and whether a descriptor goes with it.
// Some frames fit into the queue and some, the first included, do not.
func shape(i uint32) (size int, passed bool) {
	sizes := []int{300_000, 9, 300, 8, 40, 64 << 10, 8, 5000, 8, 8}
	return sizes[i*i*7%uint32(len(sizes))], i%3 == 0
}

// playFramer sends frames, in two parts if the first write is cut short, and sets the flag
// sent when the queue is full for the first time.
func playFramer(p *peer) error {
	if err := p.await(goAhead, 1); err != nil {
		return err
	}
	for i := range uint32(p.values[rounds].Load()) {
		size, passed := shape(i)
		fd := -1
		if passed {
			var err error
			if fd, err = newMemfile(fmt.Sprint("frame ", i)); err != nil {
				return err
			}
		}
		if err := p.sendFrame(frame(i, size), fd); err != nil {
			return err
		}
		// The queue has a copy.
		if passed {
			unix.Close(fd)
		}
	}
	return nil
}

func (p *peer) sendFrame(b []byte, fd int) error {
	n, err := p.TrySend(b, fd)
	if n == len(b) {
		return nil
	}
	if err != nil && err != fdpass.ErrWouldBlock {
		return err
	}
	p.signal(sent, 1)
	if n > 0 && fd >= 0 {
		p.values[shortWrites].Add(1)
		fd = -1
	}
	_, err = p.SendAll(b[n:], fd, testDeadline())
	return err
}
