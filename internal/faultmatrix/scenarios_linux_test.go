package faultmatrix_test

import (
	"context"
	"errors"
	"time"
)

// scenario is a way that a handoff goes when nothing is faulty.
type scenario struct {
	words     string
	socket    string // where the client connects; empty: explicitly
	noService bool   // it asks for what nobody serves
	noLease   bool   // every lease is over when its offer is sent
	hold      bool   // the first backend leaves the offer in its queue
	expires   bool   // the deadline of the ACK has to come
	leaves    bool   // the first backend does not link again
	keeps     bool   // but it keeps the connection when its link ends
	pings     bool   // the broker pings
	dropped   bool   // and drops the first backend's link, because it does not answer
	early     bool   // it is about the first backend's link, so the client comes afterwards
	gates     map[string]gate
	heldFirst bool                                // the broker stops at its gate before the client comes
	attempts  int                                 // backends that the broker tries; zero: its own choice
	script    func(context.Context, *world) error // what else happens, meanwhile
}

// scripted is the gate of a scenario's own, which its script opens.
const scripted = "script"

func scenarios() map[string]scenario {
	return map[string]scenario{
		"lease":  {words: "the backend acknowledges within its lease, and owns at once"},
		"commit": {words: "the ACK is written when the lease is over, and the commit says who owns", noLease: true},
		"plain":  {words: "a client that knows nothing of handoff; its route says where to", socket: plainSocket},
		"nack": {words: "the offer lapses in the first backend's queue, which says no; the second one takes it",
			noLease: true, hold: true, script: whenQueued("accept")},
		"expiry": {words: "the first backend does not acknowledge, and lets go when it is told; the second one takes the offer",
			hold: true, expires: true},
		"late": {words: "the ACK is written between the deadline and the drain, so the broker ends the connection",
			expires: true, gates: map[string]gate{
				"backend": {ID: scripted, Op: "Reserve"},
				"broker":  {ID: scripted, Op: "ReadClock", Link: linkOfA},
			}, script: ackLate},
		"fallback": {words: "nobody serves what the client wants, so it is told to reconnect", noService: true},
		"proxy":    {words: "nobody serves what a plain client wants, so the broker does, by proxy", socket: proxiedSocket},
		"closed":   {words: "nobody serves what a plain client wants, so the broker ends its connection", socket: closedSocket},
		"unread": {words: "the backend owns by its lease, but the broker reads its ACK after the deadline, and ends the connection",
			pings: true, expires: true, heldFirst: true, gates: map[string]gate{
				"broker": {ID: scripted, Op: "ReadClock", Link: linkOfA},
			}, script: readLate},
		"handed": {words: "a connection that the broker's caller hands over, and has back when its only backend does not acknowledge",
			socket: handedSocket, hold: true, expires: true, attempts: 1},
		"silent": {words: "the first backend answers no ping, so the broker drops its link; the second one takes the offer",
			pings: true, dropped: true, gates: map[string]gate{"backend": {ID: scripted, Op: "ReadOffer"}}, script: untilDropped},
		"linkup": {words: "the first backend links, and then a client comes", early: true},
		"leave": {words: "the first backend closes its listener with the offer in its queue; the second one takes it",
			hold: true, leaves: true, script: whenQueued("close")},
		"drain": {words: "the first backend drains with the offer in its queue, and serves it",
			hold: true, leaves: true, keeps: true, script: whenQueued("drain", "accept")},
		"cutoff": {words: "the broker shuts down and waits for nothing, with the offer in the first backend's queue",
			hold: true, leaves: true, script: cutOff},
		"garbled": {words: "the first backend sends what is no frame, so the broker drops its link and ends the connection",
			hold: true, script: whenQueued("garbage")},
	}
}

// whenQueued has the first backend do something as soon as the offer is in its queue.
func whenQueued(do ...string) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error {
		if _, err := w.a.kind(ctx, "queued"); err != nil {
			return err
		}
		for _, what := range do {
			if err := w.a.tell(command{Do: what}); err != nil {
				return err
			}
		}
		return nil
	}
}

// readLate has the broker's reader stopped from before the offer until the deadline of the
// ACK, which is in its queue by then, is over.
func readLate(ctx context.Context, w *world) error {
	_, _, err := w.a.await(ctx, 0, "Own", nth(1, "Own"))
	if err != nil && !errors.Is(err, errGone) {
		return err
	}
	select {
	case <-time.After(w.deadline):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return w.broker.release(scripted)
}

// untilDropped has the first backend stopped until the broker has dropped its link and
// said all that it has to say.
func untilDropped(ctx context.Context, w *world) error {
	_, _, err := w.broker.await(ctx, 0, "SendRevoke", func(r report) bool { return r.Kind == "step" && r.Op == "SendRevoke" })
	if err != nil && !errors.Is(err, errGone) {
		return err
	}
	return w.a.release(scripted)
}

// cutOff has the broker shut down as soon as the offer is in the first backend's queue.
func cutOff(ctx context.Context, w *world) error {
	if _, err := w.a.kind(ctx, "queued"); err != nil {
		return err
	}
	return w.broker.tell(command{Do: "cutoff"})
}

// ackLate has the ACK written when the broker has read the clock at the deadline, and not
// the queue. Whoever is gone is not waited for.
func ackLate(ctx context.Context, w *world) error {
	at := func(p *process, kind, what string) error {
		_, _, err := p.await(ctx, 0, what, func(r report) bool {
			return r.Kind == kind && (r.Note == what || r.Op == what)
		})
		return err
	}
	if err := at(w.broker, "stopped", scripted); err != nil {
		return err
	}
	if at(w.a, "stopped", scripted) == nil && w.a.release(scripted) == nil {
		_ = at(w.a, "step", "SendAck")
	}
	return w.broker.release(scripted)
}
