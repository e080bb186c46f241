package client

import (
	"errors"
	"io"
	"syscall"

	"github.com/handoff-go/handoff/fallback"
)

// readEnd acts on the end of the connection before a whole frame was read. Step: ReadFallback for a
// broker of running-process that ended the connection between two frames, and else Doubt.
//
// It cannot repeat a request: with Dialer.Compat every Write waits for the outcome, so nobody has read
// a byte of the user. A backend that had acknowledged and died looks the same, and serves nobody.
func (c *Conn) readEnd(err error) {
	ended := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
	if !c.dialer.Compat || !ended || len(c.decoder.Rest()) > 0 {
		c.failUnread(err)
		return
	}
	decision := fallback.Decision{Reason: fallback.BackendGone}
	c.closeBroker(causeFallback, decision)
	c.trace(Event{Op: OpReadFallback, Note: "the broker ended the connection"})
	c.reconnectOrFail(c.replyAddress, &RefusedError{Decision: decision})
}
