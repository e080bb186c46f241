package compat_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/handoff-go/handoff/internal/fdpass"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/encoding/protowire"
)

// oldPeer is a backend of running-process, as docs/reference.md describes it. It does not use package
// wire, and reads and writes as that program does: in blocking mode, without waiting for anything to
// be readable. One goroutine uses it.
type oldPeer struct {
	link        int // blocking; -1: ended
	fd          int // the connection's; -1: not received, or closed
	token       []byte
	correlation uint64
}

// receive reads the token, the descriptor and the offer.
func (p *oldPeer) receive() error {
	token, oob := make([]byte, 16), make([]byte, 64)
	n, oobn, _, _, err := unix.Recvmsg(p.link, token, oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil || n != 16 {
		return fmt.Errorf("token: %d bytes, %w", n, err)
	}
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("token: %d control messages, %w", len(messages), err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return fmt.Errorf("token: %d descriptors, %w", len(fds), err)
	}
	p.token, p.fd = token, fds[0]
	header := make([]byte, 5)
	if _, err := io.ReadFull(rawIO(p.link), header); err != nil {
		return err
	}
	body := make([]byte, binary.LittleEndian.Uint32(header[1:]))
	if _, err := io.ReadFull(rawIO(p.link), body); err != nil {
		return err
	}
	id, err := lastNumber(body, 5) // the request id is the correlation id
	if err != nil || !bytes.Contains(body, p.token) || !bytes.Contains(body, []byte(oldService)) {
		return fmt.Errorf("offer of %x: %x, %w", token, body, err)
	}
	p.correlation = id
	flags, err := unix.FcntlInt(uintptr(p.fd), unix.F_GETFL, 0)
	if err == nil && flags&unix.O_NONBLOCK != 0 {
		err = errors.New("the descriptor is non-blocking")
	}
	return err
}

// send writes an answer.
func (p *oldPeer) send(b []byte, how manner) error {
	if how == withDescriptor {
		return unix.Sendmsg(p.link, b, unix.UnixRights(p.fd), nil, 0)
	}
	step := len(b)
	if how == bytewise {
		step = 1
	}
	for ; len(b) > 0; b = b[step:] {
		if _, err := rawIO(p.link).Write(b[:step]); err != nil {
			return err
		}
	}
	return nil
}

// serve sends back what comes, until the client sends no more.
func (p *oldPeer) serve() error {
	b := make([]byte, 4096)
	for {
		n, err := rawIO(p.fd).Read(b)
		if err == io.EOF {
			p.drop()
			return nil
		}
		if err == nil {
			_, err = rawIO(p.fd).Write(b[:n])
		}
		if err != nil {
			return fmt.Errorf("serving: %w", err)
		}
	}
}

// drop closes the peer's copy of the connection.
func (p *oldPeer) drop() {
	fdpass.Close(p.fd)
	p.fd = -1
}

func (p *oldPeer) endLink() {
	if p.link >= 0 {
		fdpass.Close(p.link)
		p.link = -1
	}
}

// awaitEnd waits until the broker has closed the link.
func (p *oldPeer) awaitEnd() {
	for {
		if _, err := rawIO(p.link).Read(make([]byte, 1)); err != nil {
			return
		}
	}
}

// rawIO is a descriptor that is read and written by bare system calls.
type rawIO int

func (fd rawIO) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(int(fd), b)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

func (fd rawIO) Write(b []byte) (int, error) {
	for done := 0; done < len(b); {
		n, err := unix.SendmsgN(int(fd), b[done:], nil, nil, unix.MSG_NOSIGNAL)
		if err != nil && err != unix.EINTR {
			return done, err
		}
		done += max(n, 0)
	}
	return len(b), nil
}

// oldFrame is the envelope of an ACK, and what may be wrong with it.
type oldFrame struct {
	version, kind, protocol, encoding, requestID uint64
	payload, more                                []byte
}

func (f oldFrame) bytes() []byte {
	body := number(nil, 1, f.version)
	body = number(body, 2, f.kind)
	body = number(body, 3, f.protocol)
	body = text(body, 4, f.payload)
	body = number(body, 5, f.requestID)
	if f.encoding != 0 {
		body = number(body, 6, f.encoding)
	}
	body = append(body, f.more...)
	return append(binary.LittleEndian.AppendUint32([]byte{1}, uint32(len(body))), body...)
}

// frame returns the frame of a HandoffAck with this payload.
func (p *oldPeer) frame(payload []byte) oldFrame {
	return oldFrame{version: 1, kind: 1, protocol: 0xD0FF, requestID: p.correlation, payload: payload}
}

// accept and reject return the payloads that the older program writes. A false accepted is not written.
func (p *oldPeer) accept() []byte {
	return number(number(text(nil, 1, p.token), 2, 1), 4, p.correlation)
}

func (p *oldPeer) reject(detail string) []byte {
	return number(text(text(nil, 1, p.token), 3, []byte(detail)), 4, p.correlation)
}

func number(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func text(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

// lastNumber returns the last value of a field that is a number.
func lastNumber(message []byte, field protowire.Number) (v uint64, err error) {
	for len(message) > 0 {
		num, typ, n := protowire.ConsumeField(message)
		if n < 0 {
			return 0, protowire.ParseError(n)
		}
		if num == field && typ == protowire.VarintType {
			_, _, tag := protowire.ConsumeTag(message)
			v, _ = protowire.ConsumeVarint(message[tag:])
		}
		message = message[n:]
	}
	return v, nil
}

// groups returns an unknown field: groups that are nested this deep.
func groups(depth int) []byte {
	var b []byte
	for range depth {
		b = protowire.AppendTag(b, 24, protowire.StartGroupType)
	}
	for range depth {
		b = protowire.AppendTag(b, 24, protowire.EndGroupType)
	}
	return b
}
