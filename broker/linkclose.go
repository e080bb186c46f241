package broker

import (
	"errors"
	"runtime"
	"time"

	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/wire"
)

// queueSurvives says that ShutdownRead leaves what had arrived to be read. On macOS it
// throws it away.
const queueSurvives = runtime.GOOS == "linux"

// end is for a link whose stream was read to its end: every message that its backend
// ever sent has been acted upon, and its end is closed, after every copy that it held.
// Spec: LinkEnd.
func (l *link) end() {
	l.close()
	l.trace(OpLinkEnd, nil, "")
	l.b.part(l)
	for _, a := range l.claimAll(func(*attempt) bool { return true }) {
		l.abandon(a, true)
	}
	l.settleAll()
	l.b.log.Info("link ended", "service", l.service.name, "pid", l.peer.PID)
}

// drop ends a link from this side. The backend's sends fail from here on, and what it
// had sent is read to the end, so that no ACK is missed; unless the stream cannot be
// read, when one may hide in it, and every connection is fenced. Spec: DropLink.
func (l *link) drop(why error) {
	l.close()
	var garbled *garbledError
	readable := queueSurvives && !errors.As(why, &garbled)
	if l.sock.ShutdownRead() != nil {
		readable = false // an ACK may come yet
	}
	l.trace(OpDropLink, why, "")
	if readable {
		end, _ := l.readQueue()
		readable = end == drainEnd
	}
	l.b.part(l)
	for _, a := range l.claimAll(func(*attempt) bool { return true }) {
		if readable {
			l.abandon(a, false)
		} else {
			l.service.registry.Abandon(a.token)
			a.trace(OpAbandon, nil)
			l.fenceAttempt(a, nil)
		}
	}
	l.b.log.Warn("link dropped", "service", l.service.name, "pid", l.peer.PID, "error", why)
	l.send(&wire.Bye{Reason: byeReason(why), Detail: wire.ClipDetail(why.Error())})
	// The end of its link is how a backend says that it has let go.
	if l.sock.AwaitHangup(time.Now().Add(l.b.o.SettleTimeout)) == nil {
		l.trace(OpLinkEnd, nil, "")
		l.settleAll()
	}
}

// abandon gives back the connection of an attempt that was not acknowledged on a link
// that is over. The caller took the attempt. Spec: Abandon, or Expire where it is due.
func (l *link) abandon(a *attempt, settled bool) {
	now := time.Now()
	why := fallback.Decision{Reason: fallback.BackendGone}
	if expired, due := l.service.registry.Expire(a.token, now); due {
		why = expired.Fallback()
		a.trace(OpExpire, nil)
	} else {
		l.service.registry.Abandon(a.token)
		a.trace(OpAbandon, nil)
	}
	if !settled {
		l.unsettle(a)
		l.revoke(a)
	}
	l.b.limiter.Fail(l.key, now)
	a.transfer.deliver(result{kind: back, attempt: a, why: why})
}

// settleAll notes that the backend has let go of everything: it is gone.
func (l *link) settleAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for correlation, a := range l.unsettled {
		delete(l.unsettled, correlation)
		close(a.settled)
	}
}

func byeReason(why error) wire.ByeReason {
	var garbled *garbledError
	switch {
	case errors.As(why, &garbled), errors.Is(why, errFlooded):
		return wire.ByeProtocol
	case errors.Is(why, errSilent), errors.Is(why, errCongested), errors.Is(why, errPartial):
		return wire.ByeSilent
	case errors.Is(why, ErrClosed):
		return wire.ByeClosing
	}
	return 0
}
