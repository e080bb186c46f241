// Package fdpass moves descriptors between processes over a Unix stream
// socket, and accounts for each of them. It also holds the few system calls that
// the protocol stands on and that package net does not have: the clock that both
// ends read, the shutdown that ends every copy of a connection, the peek.
//
// The protocol is decided by what the kernel does, not by what it is hoped to do,
// so the facts that it assumes of Linux are tests of this package, between real
// processes (obligations_test.go).
//
// Linux and darwin are served; elsewhere everything here compiles and answers
// [ErrUnsupported], apart from [Ledger], which only counts.
package fdpass

import (
	"errors"
	"fmt"
)

var (
	// ErrWouldBlock says that a call that never waits would have had to: there
	// was nothing to read, or no room to write a single byte.
	ErrWouldBlock = errors.New("fdpass: nothing can be done without waiting")

	// ErrUnsupported says that this system does not have what was asked for. It
	// wraps [errors.ErrUnsupported].
	ErrUnsupported = fmt.Errorf("fdpass: descriptors: %w", errors.ErrUnsupported)
)

// Received is what one read of a link brought.
type Received struct {
	// N is the number of bytes read, at least 1 unless there is an error.
	N int

	// FDs are the descriptors that came with these bytes, in order. They are
	// close-on-exec, counted as opened in the link's ledger under [FromLink], and
	// the caller's to close, wanted or not. The slice is the caller's too.
	//
	// On Linux a read never goes beyond a write that carried descriptors, but may
	// begin before it, so they were sent with the last bytes of these N. Where each
	// write with a descriptor begins a frame and holds no other one, they belong
	// to the last frame that begins in these N bytes.
	FDs []int

	// Truncated says that the kernel dropped descriptors that were sent, because
	// this process may not have more of them, or the sender sent too many.
	Truncated bool
}

// Credentials are of the process that made the other end of a link, taken by the
// kernel when it connected or listened: a descriptor passed on does not change them.
type Credentials struct {
	UID int // user id
	PID int // process id, as this process sees it; 0 if it cannot
}
