package wire

const (
	minFree  = 64  // bytes that Free returns at least
	firstCap = 512 // bytes of the first buffer: enough for most frames
)

// Decoder finds the frames of a stream whose bytes arrive in pieces of any size. The reader of
// a link uses it like this:
//
//	n, oobn, flags, _, err := unix.Recvmsg(fd, d.Free(), oob, 0)
//	d.Advance(n)
//	for {
//		frame, at, err := d.Next()
//		if err == wire.ErrIncomplete {
//			break // read more
//		}
//		...
//	}
//
// On Linux a read that brings descriptors ends within the bytes that they were sent with. So
// they belong to the frame with the last byte of that read; and if they were sent with the
// frame's first byte, that byte came in the same read:
//
//	before <= at && at < after && after <= d.Offset()
//
// where before and after are the results of Received before and after Advance.
//
// Once Next returns ErrIncomplete a Decoder holds less than one frame, in a buffer of at most
// twice the largest number of bytes that it ever held. A Decoder must not be used concurrently.
// The zero Decoder accepts empty bodies only: use [NewDecoder].
type Decoder struct {
	limit int
	buf   []byte // bytes that arrived; those before next are done with
	next  int    // offset of the next frame in buf
	base  uint64 // offset of buf in the stream
	err   error  // set once the stream cannot be read any further
}

// NewDecoder returns a Decoder of a stream whose bodies have at most limit bytes. It allocates
// no buffer before Free is called.
func NewDecoder(limit int) *Decoder { return &Decoder{limit: limit} }

// Free returns a buffer for the next bytes of the stream, which is never empty. It may move or
// overwrite the bytes of frames that Next returned: their payloads are invalid from here on.
func (d *Decoder) Free() []byte {
	if cap(d.buf)-len(d.buf) < minFree || d.next == len(d.buf) {
		d.base += uint64(d.next)
		d.buf = d.buf[:copy(d.buf, d.buf[d.next:])]
		d.next = 0
	}
	if cap(d.buf)-len(d.buf) < minFree {
		d.buf = append(make([]byte, 0, max(firstCap, 2*cap(d.buf))), d.buf...)
	}
	return d.buf[len(d.buf):cap(d.buf)]
}

// Advance says that n bytes were written to the start of the buffer from Free. A negative n, as
// a failed read returns, counts as zero. It panics if n is larger than that buffer.
func (d *Decoder) Advance(n int) { d.buf = d.buf[:len(d.buf)+max(n, 0)] }

// Next returns the next frame, and the offset of its first byte in the stream. The frame's
// payload is valid until the next call of Free.
//
// It returns [ErrIncomplete] if the frame has not arrived completely. It returns [ErrFraming] or
// a [*FrameSizeError] as soon as the bytes show it, and then always, because nobody can know
// where the following frame begins. A [*FieldError] says that the body of this frame cannot be
// parsed; the next call skips the frame.
func (d *Decoder) Next() (Frame, uint64, error) {
	at := d.Offset()
	have := d.buf[d.next:]
	switch {
	case d.err != nil:
		return Frame{}, at, d.err
	case len(have) > 0 && have[0] != Version:
		d.err = ErrFraming
		return Frame{}, at, d.err
	case len(have) < HeaderSize:
		return Frame{}, at, ErrIncomplete
	}
	size, err := bodySize(have, d.limit)
	if err != nil {
		d.err = err
		return Frame{}, at, d.err
	}
	if len(have)-HeaderSize < size {
		return Frame{}, at, ErrIncomplete
	}
	d.next += HeaderSize + size
	frame, err := ParseFrame(have[HeaderSize : HeaderSize+size])
	return frame, at, err
}

// Offset returns the offset of the next frame in the stream, which is the end of the frame that
// Next returned last.
func (d *Decoder) Offset() uint64 { return d.base + uint64(d.next) }

// Received returns how many bytes of the stream have arrived.
func (d *Decoder) Received() uint64 { return d.base + uint64(len(d.buf)) }

// Rest returns the bytes that arrived and that Next has not returned as frames: at the end of a
// stream the beginning of a frame that was cut off, or, where something else follows the frames,
// its first bytes. They are valid until the next call of Free.
func (d *Decoder) Rest() []byte { return d.buf[d.next:] }
