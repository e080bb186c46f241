package faultmatrix_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// inject has the fault happen to the party, which has stopped. Other clients finish
// before it goes on; that they do is the order of what is here.
func (w *world) inject(p *process) error {
	if err := w.quiet(); err != nil {
		return err
	}
	if err := w.checkCopies(p); err != nil {
		return err
	}
	now := time.Now()
	marks := map[*process]int{w.a: len(w.a.all()), w.broker: len(w.broker.all())}
	switch w.fault {
	case kill:
		p.kill()
		return w.others()
	case freeze:
		if err := p.freeze(); err != nil {
			return err
		}
		if err := w.others(); err != nil {
			return err
		}
		w.pastDeadline(now)
		if err := p.thaw(); err != nil {
			return err
		}
	case stuck:
		if err := p.freeze(); err != nil {
			return err
		}
		if err := w.others(); err != nil {
			return err
		}
		if _, err := w.probe.kind(context.Background(), "answer"); err != nil {
			return violation{fmt.Errorf("the client does not end while the %s is stuck: %w", w.party, err)}
		}
		if err := p.thaw(); err != nil {
			return err
		}
	case blocking:
		if err := p.tell(command{Do: string(blocking), PID: w.pidOf(w.probe)}); err != nil {
			return err
		}
		if err := w.others(); err != nil {
			return err
		}
	case link, garbage:
		if err := p.tell(command{Do: string(w.fault), PID: w.pidOf(w.a)}); err != nil {
			return err
		}
		// A new client that was offered on this very link might share its fate.
		if err := w.noticed(marks); err != nil {
			return err
		}
		if err := w.others(); err != nil {
			return err
		}
	}
	return p.release("fault")
}

// quiet waits for what the others do meanwhile, where what the client sees would depend on
// who is faster.
func (w *world) quiet() error {
	ctx := context.Background()
	explicit := w.probe != nil && w.scene.socket == ""
	if w.party == "broker" && explicit {
		// What it does before it is answered it can do by itself.
		_, _, err := w.probe.await(ctx, 0, "Write", func(r report) bool {
			return r.Kind == "answer" || r.Kind == "step" && r.Op == "Write"
		})
		if err != nil {
			return err
		}
	}
	if w.goesOn() || w.fault == link && (w.party == "client" && w.name != "Connect" || w.awaitsCommit()) {
		outcomes := 0
		_, _, err := w.broker.await(ctx, 0, "the second outcome", func(r report) bool {
			if r.Kind == "outcome" {
				outcomes++
			}
			return outcomes == 2
		})
		if err != nil {
			return err
		}
	}
	if w.party == "client" && w.fault == link && w.scene.socket == "" && !w.scene.noService {
		probe := filepath.Join(w.dir, w.probe.Name)
		want := greeting + len(request)
		switch w.name {
		case "Connect":
			return nil
		case "SendHello":
			want = greeting
		}
		_, _, err := w.a.await(ctx, 0, "the answer", func(r report) bool { return r.Kind == "wrote" && r.Bytes == want && r.Note == probe })
		return err
	}
	return nil
}

// awaitsCommit reports whether the backend has sent its ACK and needs the commit.
func (c cell) awaitsCommit() bool {
	switch c.key() {
	case "backend/SendAck", "backend/ReadClock", "backend/Uncertain":
		return scenarios()[c.scenario].noLease
	}
	return false
}

func (w *world) pidOf(p *process) int {
	if p == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// checkCopies holds the rule of which party has a copy of the connection to what the
// stopped process has.
func (w *world) checkCopies(p *process) error {
	c := w.cell
	c.fault = blocking
	why := c.meaningless()
	err := p.tell(command{Do: "copies", PID: w.pidOf(w.probe)})
	if errors.Is(err, errHang) || errors.Is(err, errGone) {
		return err
	}
	if has, should := err == nil, why == ""; has != should {
		return violation{fmt.Errorf("has a copy of the connection: %v, by the rule %v: %v", has, should, err)}
	}
	return nil
}

// others has other clients finish, while the faulty party is stopped: the one that was
// served already, whoever is stopped; and a new one, unless it is the broker that is.
func (w *world) others() error {
	established := w.users[0]
	established.ask(0)
	established.finish()
	if established.err != nil {
		return violation{fmt.Errorf("the client that was served does not finish: %w", established.err)}
	}
	if w.party == "broker" {
		return nil
	}
	u := w.user("new")
	u.finish()
	if u.err == nil {
		return nil
	}
	err := fmt.Errorf("a new client does not finish: %w", u.err)
	if w.soundBackendWasLate(u) {
		return err // the machine is too slow for this deadline: the next run has a longer one
	}
	return violation{err}
}

// soundBackendWasLate reports whether the broker ended an offer of the user's connection because a
// backend that has no fault missed the deadline.
func (w *world) soundBackendWasLate(u *user) bool {
	offers := map[uint64]bool{}
	for _, r := range w.broker.steps("Begin") {
		if r.Note == u.name {
			offers[r.Offer] = true
		}
	}
	for _, r := range w.broker.steps("Expire") {
		if offers[r.Offer] && (w.party != "backend" || r.Link != linkOfA) {
			return true
		}
	}
	return false
}

// pastDeadline waits until the broker has ended the offer that the frozen party has, or
// until well past its deadline. It is the length of the freeze, and nothing is asserted
// by it.
func (w *world) pastDeadline(since time.Time) {
	ctx, cancel := context.WithDeadline(context.Background(), since.Add(w.deadline*3/2))
	defer cancel()
	if w.party == "backend" {
		_, _, _ = w.broker.await(ctx, 0, "Expire", func(r report) bool { return r.Kind == "step" && r.Op == "Expire" })
		return
	}
	<-ctx.Done()
}

// noticed waits until the other end of the link has noticed what became of it, so that
// what follows does not depend on who is faster.
func (w *world) noticed(marks map[*process]int) error {
	ctx := context.Background()
	switch {
	case w.party == "backend":
		_, _, err := w.broker.await(ctx, marks[w.broker], "end of the link", func(r report) bool {
			return r.Kind == "step" && r.Link == linkOfA && (r.Op == "LinkEnd" || r.Op == "DropLink")
		})
		return err
	case w.party == "broker" && w.scene.leaves:
		_, _, err := w.a.await(ctx, 0, "end of the link", func(r report) bool { return r.Kind == "step" && r.Op == "LinkEnd" })
		return err
	case w.party == "broker" && !w.scene.early && !w.a.isHeld(scripted):
		_, _, err := w.a.await(ctx, marks[w.a], "LinkUp again", nth(1, "LinkUp"))
		return err
	}
	return nil
}
