// Package fdpass passes descriptors between processes over a Unix stream socket, and
// counts each of them. It also has the system calls that the protocol needs and that
// package net lacks: the monotonic clock, which both ends read; the shutdown that ends
// every copy of a connection; reads that never wait.
//
// The protocol is proved from what the kernel guarantees. Each guarantee that it assumes
// is a test between real processes: of the order on a link in obligations_test.go, of
// frames and their descriptors in frames_test.go, of copies of a connection in
// copies_test.go, of the clock in clock_test.go.
//
// The package works on Linux and darwin. On other systems it compiles, and everything
// but [Ledger] and [Backoff] returns [ErrUnsupported].
package fdpass

import (
	"errors"
	"fmt"
)

var (
	// ErrWouldBlock is what a call that never waits returns when there is nothing to
	// read, or no room to write a single byte.
	ErrWouldBlock = errors.New("fdpass: operation would block")

	// ErrUnsupported is what a call returns that this system does not support. It
	// wraps [errors.ErrUnsupported].
	ErrUnsupported = fmt.Errorf("fdpass: passing descriptors: %w", errors.ErrUnsupported)
)

// Received is the result of one read of a link.
type Received struct {
	// N is the number of bytes read, at least 1 unless there is an error.
	N int

	// FDs are the descriptors that came with these bytes, in order. They are
	// close-on-exec, and counted as opened in the link's ledger under [FromLink]. The
	// caller must close all of them, the unwanted ones too, and owns the slice.
	//
	// On Linux a read may begin before a write that carried descriptors, but never
	// continues beyond it: they were sent with the last bytes of these N. So where each
	// write with a descriptor is the beginning of one frame, they belong to the last
	// frame that begins in these N bytes (TestReadEndsBehindAWriteWithADescriptor,
	// TestDescriptorsStayWithTheirFrames).
	FDs []int

	// Truncated says that the kernel dropped descriptors: this process is at its limit
	// of open descriptors, or the sender sent too many (TestDescriptorLimitTruncates).
	Truncated bool
}

// Credentials identify the process at the other end of a link. The kernel takes them when
// that process connects, listens or makes a socketpair (unix(7)); passing the descriptor
// on does not change them.
type Credentials struct {
	UID int // user id
	PID int // process id in this process's PID namespace; 0 if it has none there
}
