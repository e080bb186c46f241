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

// frame returns frame i of a stream, size bytes of it, at least 8.
func frame(i uint32, size int) []byte {
	b := bytes.Repeat([]byte{byte(i)}, size)
	binary.LittleEndian.PutUint32(b, uint32(size))
	binary.LittleEndian.PutUint32(b[4:], i)
	return b
}

// assembler puts a stream of frames together again, with their descriptors.
type assembler struct {
	frames []assembled
	part   []byte // of the last frame, not whole yet
	glued  int    // reads in which several frames began, the last with descriptors
	broken int    // frames that came with descriptors, and in several reads
}

type assembled struct {
	index uint32
	size  int
	mark  string // of its descriptor, "" without one
}

// read reads once and reports whether that was not the end of file.
func (a *assembler) read(t testing.TB, p *other, buf []byte) bool {
	t.Helper()
	got, err := p.Recv(buf)
	if err == io.EOF {
		require.Empty(t, a.part, "the end is not between frames")
		return false
	}
	require.NoError(t, err)
	require.False(t, got.Truncated)
	a.add(t, buf[:got.N], got.FDs)
	closeAll(t, p.ledger, got.FDs)
	return true
}

// add takes what one read brought. Descriptors belong to the last frame that
// begins in it.
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
	require.NotZero(t, begun, "a descriptor came where no frame begins")
	last := &a.frames[len(a.frames)-1]
	require.Empty(t, last.mark, "two descriptors for one frame")
	last.mark = mark(t, fds[0])
	if begun > 1 {
		a.glued++
	}
	if len(a.part) > 0 {
		a.broken++
	}
}

// requireStream fails unless the frames are those of playStreamer.
func (a *assembler) requireStream(t testing.TB) {
	t.Helper()
	for i, f := range a.frames {
		want := assembled{index: uint32(i + 1), size: 8}
		if want.index%16 == 0 {
			want.mark = "passed"
		}
		require.Equal(t, want, f)
	}
}

// Every descriptor stays with its frame, however the writes were cut short and the
// reads ran together: a read never goes beyond a write that carried one. Spec: an
// offer and its copy of the connection are one frame of a queue.
func TestDescriptorsStayWithTheirFrames(t *testing.T) {
	p := start(t, "framer")
	frames := uint32(long(5_000, 500))
	p.values[rounds].Store(int64(frames))
	p.raise(goAhead, 1)
	require.NoError(t, p.await(sent, 1))
	var a assembler
	buf := make([]byte, 100_000)
	for reads := 0; ; reads++ {
		if reads%16 == 0 {
			time.Sleep(100 * time.Microsecond) // the writer gets ahead, so that frames lie one behind another
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
			want.mark = fmt.Sprint("frame ", i)
		}
		require.Equal(t, want, f)
	}
	require.Zero(t, p.ledger.Stats().Open)
	short := p.values[after].Load()
	t.Logf("%d frames; %d writes with a descriptor cut short; %d reads ran frames together before a descriptor's; %d frames with one in several reads",
		frames, short, a.glued, a.broken)
	t.Attr("frames", fmt.Sprint(frames))
	require.NotZero(t, short)
	require.NotZero(t, a.glued)
	require.NotZero(t, a.broken)
}

// shape says what frame i of playFramer is: some fit into the queue and some do not, the first
// for certain.
func shape(i uint32) (size int, passed bool) {
	sizes := []int{300_000, 9, 300, 8, 40, 64 << 10, 8, 5000, 8, 8}
	return sizes[i*i*7%uint32(len(sizes))], i%3 == 0
}

// playFramer sends frames, those cut short in two parts, and raises a flag when
// first there is no room.
func playFramer(p *other) error {
	if err := p.await(goAhead, 1); err != nil {
		return err
	}
	for i := range uint32(p.values[rounds].Load()) {
		size, passed := shape(i)
		fd := -1
		if passed {
			var err error
			if fd, err = memory(fmt.Sprint("frame ", i)); err != nil {
				return err
			}
		}
		if err := p.sendFrame(frame(i, size), fd); err != nil {
			return err
		}
		// A copy is under way, so this one is not needed any more.
		if passed {
			unix.Close(fd)
		}
	}
	return nil
}

func (p *other) sendFrame(b []byte, fd int) error {
	n, err := p.TrySend(b, fd)
	if n == len(b) {
		return nil
	}
	if err != nil && err != fdpass.ErrWouldBlock {
		return err
	}
	p.raise(sent, 1)
	if n > 0 && fd >= 0 {
		p.values[after].Add(1)
		fd = -1
	}
	_, err = p.SendAll(b[n:], fd, soon())
	return err
}
