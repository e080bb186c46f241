package broker

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"time"

	"github.com/handoff-go/handoff/wire"
)

// queueSurvives says that ShutdownRead leaves what had arrived to be read. macOS discards it.
const queueSurvives = runtime.GOOS == "linux"

// end is for a link whose stream was read to its end: every message that its backend ever sent has
// been handled, and the backend has closed its end, behind every copy that it held. Spec: LinkEnd.
func (r *reader) end() {
	r.advance(linkReadingEnded)
	r.trace(OpLinkEnd, nil, "")
	r.broker.part(r.link)
	for _, a := range r.claimAll() {
		a.abandon(true)
	}
	r.settleAll()
	r.b.log.Info("link ended", "service", r.service.name, "pid", r.peer.PID)
}

// drop ends a link from this side. Spec: DropLink.
//
// First reading is shut down, and then what had arrived is read to its end. From the first on the
// backend's sends fail, so that no ACK can follow the last read; read the other way round, an ACK
// sent between the last read and the shutdown would make an owner of a backend whose attempt is
// abandoned here. Where the stream cannot be read to its end an ACK may hide in it, and every
// connection is fenced.
func (r *reader) drop(why error) {
	r.advance(linkReadingEnded)
	var garbled *garbledError
	readable := queueSurvives && !errors.As(why, &garbled)
	if r.sock.ShutdownRead() != nil {
		readable = false // an ACK may come yet
	}
	r.trace(OpDropLink, why, "")
	if readable {
		state, _ := r.readQueue()
		readable = state == queueEnded
	}
	r.broker.part(r.link)
	for _, a := range r.claimAll() {
		if readable {
			a.abandon(false)
		} else {
			a.abandonFenced()
		}
	}
	level := slog.LevelWarn
	if errors.Is(why, ErrClosed) { // by Shutdown, as it should be
		level = slog.LevelInfo
	}
	r.b.log.Log(context.Background(), level, "link dropped", "service", r.service.name, "pid", r.peer.PID, "error", why)
	r.send(&wire.Bye{Reason: byeReason(why), Detail: wire.ClipDetail(why.Error())})
	// A backend closes its link behind every copy that it held.
	if r.sock.AwaitHangup(time.Now().Add(r.b.o.SettleTimeout)) == nil {
		r.trace(OpLinkEnd, nil, "")
		r.settleAll()
	}
}

// settleAll notes that the backend has closed every copy: its end of the link is closed. The end of
// the link must have been traced, because whoever waits for this goes on at once.
func (r *reader) settleAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts.settleAll()
}

// byeReason is how a backend is told why its link is dropped or refused.
func byeReason(why error) wire.ByeReason {
	var garbled *garbledError
	switch {
	case errors.As(why, &garbled), errors.Is(why, errFlooded), errors.Is(why, errHandshake):
		return wire.ByeProtocol
	case errors.Is(why, errForbidden):
		return wire.ByeForbidden
	case errors.Is(why, errVersion):
		return wire.ByeVersion
	case errors.Is(why, errSilent), errors.Is(why, errCongested), errors.Is(why, errPartial), timeout(why):
		return wire.ByeSilent
	case errors.Is(why, ErrClosed):
		return wire.ByeClosing
	}
	return 0
}
