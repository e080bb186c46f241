package wire

const (
	roomMin   = 64  // the least that Free offers
	roomFirst = 512 // enough for most frames
)

// Decoder takes the bytes of a stream as they come, in pieces of any size, and gives
// out the frames in them. It is for the reader of a link:
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
// On Linux a read that brings descriptors ends among the bytes that they were sent
// with. So they belong to the frame that has the last byte of that read, and whose
// first byte, if they were sent with that one, came in the same read:
//
//	before <= at && at < after && after <= d.Offset()
//
// where before and after are what Received says before and after Advance.
//
// A Decoder whose frames are all taken holds less than one frame, in a buffer of at
// most twice what ever was in it. It is for one goroutine. The zero Decoder takes empty
// bodies only: use [NewDecoder].
type Decoder struct {
	limit int
	buf   []byte // what arrived and may still be needed
	next  int    // where the next frame begins in buf
	base  uint64 // where buf begins in the stream
	err   error  // why the stream cannot be read any further
}

// NewDecoder returns a Decoder of a stream whose bodies have limit bytes at most. It
// takes no memory for bytes until Free is called.
func NewDecoder(limit int) *Decoder { return &Decoder{limit: limit} }

// Free returns room for the next bytes of the stream, never none. It may move or write
// over the bytes of frames that Next gave out: their payloads end here.
func (d *Decoder) Free() []byte {
	if cap(d.buf)-len(d.buf) < roomMin || d.next == len(d.buf) {
		d.base += uint64(d.next)
		d.buf = d.buf[:copy(d.buf, d.buf[d.next:])]
		d.next = 0
	}
	if cap(d.buf)-len(d.buf) < roomMin {
		d.buf = append(make([]byte, 0, max(roomFirst, 2*cap(d.buf))), d.buf...)
	}
	return d.buf[len(d.buf):cap(d.buf)]
}

// Advance says that n bytes were put at the start of what Free returned. Less than zero
// is none, as after a failed read. It panics if Free had no room for them.
func (d *Decoder) Advance(n int) { d.buf = d.buf[:len(d.buf)+max(n, 0)] }

// Next returns the next frame, and the offset in the stream of its first byte. The
// frame's payload holds until the next call of Free.
//
// It returns [ErrIncomplete] if the frame has not arrived whole. [ErrFraming] and
// [*FrameSizeError] come as soon as the bytes that show it, and for ever after: where
// the following frame begins cannot be known. A [*FieldError] says that this frame's
// body cannot be read; the frame is passed over.
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

// Offset returns where in the stream the next frame begins, which is where the one that
// Next gave out last ends.
func (d *Decoder) Offset() uint64 { return d.base + uint64(d.next) }

// Received returns how many bytes of the stream have arrived, frames given out or not.
func (d *Decoder) Received() uint64 { return d.base + uint64(len(d.buf)) }

// Rest returns the bytes that arrived and were not given out as frames. At the end of a
// stream they are a frame that was cut off; when frames are followed by something else
// on the stream, its first bytes. They hold until the next call of Free.
func (d *Decoder) Rest() []byte { return d.buf[d.next:] }
