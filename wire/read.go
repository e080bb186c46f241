package wire

import (
	"encoding/binary"
	"io"
)

// ReadFrame reads one frame from r and no byte behind it. It blocks as long as r does: a caller
// that does not trust the peer sets a deadline for the whole frame.
//
// It refuses a body larger than limit before it reads it, and allocates memory for a body only as
// the bytes arrive. ReadFrame returns [io.EOF] at the end of the stream, [io.ErrUnexpectedEOF] if
// the stream ends within a frame, [ErrFraming], a [*FrameSizeError], the unchanged error of r, or an
// error of ParseFrame. The frame does not share memory with anything.
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

// bodySize returns the length of the body from its header.
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

// readBody reads size bytes. It doubles its buffer whenever that is full, so that a peer which
// announces a large body and does not send it costs little memory.
func readBody(r io.Reader, size int) ([]byte, error) {
	const first = 4 << 10
	body := make([]byte, min(size, first))
	for have := 0; ; {
		if _, err := io.ReadFull(r, body[have:]); err == io.EOF {
			return nil, io.ErrUnexpectedEOF // the stream ends within the frame
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
