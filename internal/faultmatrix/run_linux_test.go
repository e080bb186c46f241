package faultmatrix_test

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// violation is what must never happen, however slow the machine is.
type violation struct{ error }

func (v violation) Unwrap() error { return v.error }

// errNotReached says that a cell did not stop where it should have.
var errNotReached = errors.New("the stop point was not reached")

// run runs a cell once, and returns what its client saw.
func (c cell) run(deadline time.Duration) (saw string, err error) {
	w, err := build(c, deadline)
	if w == nil {
		return "", err
	}
	if err == nil {
		err = w.play()
	}
	if err == nil {
		err = w.judge()
	}
	if err == nil {
		saw = w.saw()
	}
	hangs := errors.Is(err, errHang)
	if said := w.clear(hangs); err != nil {
		err = fmt.Errorf("%w\n%s\n%s", err, w.history(), said)
		if hangs {
			err = violation{err}
		}
	}
	return saw, err
}

// play is a cell from the start of its client to the end of all processes.
func (w *world) play() error {
	if w.scene.early {
		if err := w.playEarly(); err != nil {
			return err
		}
	} else if err := w.prepare(); err != nil {
		return err
	}
	scripted := make(chan error, 1)
	go func() {
		var err error
		if w.scene.script != nil {
			err = w.scene.script(w.ctx, w)
		}
		scripted <- err
	}()
	if err := w.bringClient(); err != nil {
		return err
	}
	if !w.scene.early {
		if err := w.stopAndStrike(); err != nil {
			return err
		}
	}
	if !w.probe.isKilled() {
		if _, err := w.probe.kind(context.Background(), "answer"); err != nil {
			return fmt.Errorf("the client does not end: %w", err)
		}
	}
	if !w.scene.heldFirst { // what it is about comes after the answer
		w.end()
	}
	if err := <-scripted; errors.Is(err, errHang) {
		return err
	}
	return w.rest()
}

// prepare sets the gates: the fault's first, so that a scenario's own on the same step
// comes after it.
func (w *world) prepare() error {
	if w.party != "client" {
		if err := w.arm(w.faulty()); err != nil {
			return err
		}
	}
	for party, g := range w.scene.gates {
		p := map[string]*process{"broker": w.broker, "backend": w.a}[party]
		if err := p.tell(command{Do: "arm", Gate: g}); err != nil {
			return err
		}
	}
	if !w.scene.heldFirst {
		return nil
	}
	_, _, err := w.broker.await(context.Background(), 0, "its gate", func(r report) bool { return r.Kind == "stopped" && r.Note == scripted })
	return err
}

func (w *world) bringClient() (err error) {
	r := role{Party: "client", Name: "probe", Mode: w.scene.socket, NoService: w.scene.noService}
	if r.Mode == "" {
		r.Mode = clientsSocket
	}
	if w.party == "client" {
		r.Gates = []gate{w.gate()}
	}
	w.probe, err = w.start(r)
	return err
}

// playEarly is for a scenario whose stop comes before its client.
func (w *world) playEarly() error {
	if err := w.stopAndStrike(); err != nil {
		return err
	}
	if w.a.isKilled() || w.broker.isKilled() {
		return nil
	}
	if _, err := w.a.kind(context.Background(), "up"); err != nil {
		return err
	}
	// A backend that had its welcome before its link was lost links again.
	if w.party == "backend" && w.name == "LinkUp" && (w.fault == link || w.fault == garbage) {
		if _, _, err := w.a.await(context.Background(), 0, "LinkUp again", nth(2, "LinkUp")); err != nil {
			return err
		}
	}
	for len(w.broker.steps("Begin"))%2 == 0 { // backends take turns
		u := w.user(fmt.Sprint("turn", len(w.users)))
		if err := u.ready(); err != nil {
			return err
		}
		u.finish()
	}
	return nil
}

// stopAndStrike waits until the faulty party has stopped, and has the fault happen to it;
// other clients finish meanwhile.
func (w *world) stopAndStrike() error {
	p := w.faulty()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	if w.probe != nil {
		go func() { // some steps come after the client's answer
			if _, err := w.probe.kind(ctx, "answer"); err == nil {
				time.AfterFunc(5*time.Second, func() { cancel(errNotReached) })
			}
		}()
	}
	_, _, err := p.await(ctx, 0, w.name, func(r report) bool { return r.Kind == "stopped" && r.Note == "fault" })
	if err != nil {
		return fmt.Errorf("%w: %w", errNotReached, err)
	}
	return w.inject(p)
}

// rest ends the cell: everybody comes to rest, the client asks once more, and then they
// end, with their books.
func (w *world) rest() error {
	for _, p := range w.alive() {
		if err := p.tell(command{Do: "open"}); err != nil {
			return err
		}
	}
	for _, p := range []*process{w.broker, w.a, w.b} {
		if p.isKilled() {
			continue
		}
		if err := p.tell(command{Do: "rest"}); err != nil {
			return violation{err}
		}
	}
	if !w.probe.isKilled() {
		if err := w.probe.tell(command{Do: "again"}); err != nil {
			return err
		}
	}
	for _, p := range []*process{w.probe, w.broker, w.a, w.b} {
		if p.isKilled() {
			continue
		}
		if err := p.finish(); err != nil {
			return violation{err}
		}
	}
	return nil
}

// nth returns what is true of the nth report of a step.
func nth(n int, op string) func(report) bool {
	return func(r report) bool {
		if r.Kind == "step" && r.Op == op && r.Err == "" {
			n--
		}
		return n == 0
	}
}
