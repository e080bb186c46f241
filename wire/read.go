package wire

import (
	"encoding/binary"
	"io"
)

// ReadFrame reads one frame from r and not a byte more, so that what follows on the
// stream is left for whoever reads it next. It blocks as r does: a caller that does not
// trust the other end sets a deadline for the whole frame.
//
// A body larger than limit is refused before it is read, and a body that was announced
// takes memory only as it arrives. ReadFrame returns [io.EOF] at the end of the stream,
// [io.ErrUnexpectedEOF] at an end within a frame, the error of r as it is, [ErrFraming],
// a [*FrameSizeError], or ParseFrame's. The frame has memory of its own.
func ReadFrame(r io.Reader, limit int) (Frame, error) {
	header := make([]byte, HeaderSize)
	if _, err := io.ReadFull(r, header); err != nil {
		return Frame{}, err
	}
	size, err := bodySize(header, limit)
	if err != nil {
		return Frame{}, err
	}
	body, err := readBody(r, size)
	if err != nil {
		return Frame{}, err
	}
	return ParseFrame(body)
}

// bodySize returns the length of the body behind a header.
func bodySize(header []byte, limit int) (int, error) {
	if header[0] != Version {
		return 0, ErrFraming
	}
	size := binary.LittleEndian.Uint32(header[1:])
	if int64(size) > int64(limit) {
		return 0, &FrameSizeError{Size: size, Max: limit}
	}
	return int(size), nil
}

// readBody reads size bytes, twice as many at a time as it did before.
func readBody(r io.Reader, size int) ([]byte, error) {
	const first = 4 << 10
	body := make([]byte, min(size, first))
	for have := 0; ; {
		if _, err := io.ReadFull(r, body[have:]); err == io.EOF {
			return nil, io.ErrUnexpectedEOF // the header had arrived
		} else if err != nil {
			return nil, err
		}
		have = len(body)
		if have == size {
			return body, nil
		}
		body = append(make([]byte, 0, min(size, 2*have)), body...)
		body = body[:cap(body)]
	}
}
