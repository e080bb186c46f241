package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/handoff-go/handoff/spec/trace/events"
)

// edit is a trace that differs from a recorded one in one place: after so many
// events, so many are cut out and others put in.
type edit struct {
	kind       string // of change
	after, cut int
	put        []events.Event
}

// apply returns the events of the edited trace.
func (e *edit) apply(all []events.Event) []events.Event {
	edited := append([]events.Event{}, all[:e.after]...)
	edited = append(edited, e.put...)
	return append(edited, all[e.after+e.cut:]...)
}

// recorded is a trace, with the edits of it.
type recorded struct {
	events.Trace
	edits []edit
}

// batch is what is checked in one run: traces of registries with the same options.
type batch []recorded

// batches divides traces by their options, in the order of the first of each.
func batches(all []recorded) []batch {
	type options struct {
		ack, ttl time.Duration
		max      int
	}
	var some []batch
	place := map[options]int{}
	for _, r := range all {
		o := options{r.AckDeadline, r.TokenTTL, r.MaxPending}
		i, known := place[o]
		if !known {
			i = len(some)
			place[o] = i
			some = append(some, nil)
		}
		some[i] = append(some[i], r)
	}
	return some
}

// moduleName is the module that a batch is written to.
const moduleName = "Recorded"

// writer writes the module and the configuration of a batch.
type writer struct {
	name   string // of the module
	batch  batch
	step   time.Duration
	ranks  []ranks // of each trace
	per    int     // what a step counts for
	latest int     // the last instant
	never  int     // beyond all
	lives  int     // how many tokens there may be
	refs   int     // how many of them have names
}

// write writes a batch as a module with this name, and its configuration.
func (b batch) write(name string, module, cfg io.Writer) error {
	w := writer{name: name, batch: b, step: stepOf(b[0].AckDeadline, b[0].TokenTTL)}
	w.measure()
	if err := w.bound(); err != nil {
		return err
	}
	text, err := w.module()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(module, text); err != nil {
		return err
	}
	_, err = io.WriteString(cfg, w.configuration())
	return err
}

// measure ranks the instants, and counts what there is.
func (w *writer) measure() {
	for _, r := range w.batch {
		var instants []events.Instant
		lives := 0
		add := func(all []events.Event) (begun int) {
			w.refs = max(w.refs, events.Refs(all))
			for _, e := range all {
				for _, at := range []events.Instant{e.Now, e.End} {
					if at != events.None {
						instants = append(instants, at)
					}
				}
				if e.Answer == events.OK && (e.Op == "Issue" || e.Op == "Begin") {
					begun++
				}
			}
			return begun
		}
		base := add(r.Events)
		for _, e := range r.edits {
			lives = max(lives, add(e.put))
		}
		w.lives = max(w.lives, base+lives+1) // one is never born
		w.ranks = append(w.ranks, rank(w.step, instants))
		w.per = max(w.per, len(w.ranks[len(w.ranks)-1].rests), 1)
	}
}

// bound finds the last instant of all, and one beyond what follows from it.
func (w *writer) bound() error {
	for i, r := range w.batch {
		all := append([]events.Event{}, r.Events...)
		for _, e := range r.edits {
			all = append(all, e.put...)
		}
		for _, e := range all {
			for _, at := range []events.Instant{e.Now, e.End} {
				n, err := 0, error(nil)
				if at != events.None {
					n, err = w.ranks[i].of(at, w.per)
				}
				if err != nil {
					return fmt.Errorf("trace %s: %w", r.Name, err)
				}
				w.latest = max(w.latest, n)
			}
		}
	}
	longest := 1
	for _, d := range []time.Duration{w.batch[0].AckDeadline, w.batch[0].TokenTTL} {
		if d < events.Endless {
			steps := int64(d / w.step)
			if steps > int64(horizon/w.per) {
				return fmt.Errorf("%v are too many steps of %v", d, w.step)
			}
			longest = max(longest, int(steps)*w.per)
		}
	}
	w.latest += longest
	w.never = w.latest + 1
	return nil
}

// length returns what a duration counts for; an endless one leads beyond the
// last instant from anywhere.
func (w *writer) length(d time.Duration) int {
	if d >= events.Endless {
		return w.never
	}
	return int(d/w.step) * w.per
}

func (w *writer) configuration() string {
	o := w.batch[0]
	var b strings.Builder
	fmt.Fprintf(&b, "SPECIFICATION TraceSpec\nCONSTANTS\n")
	fmt.Fprintf(&b, "  MaxPending = %d\n  AckDeadline = %d\n  TokenTTL = %d\n  Horizon = %d\n",
		o.MaxPending, w.length(o.AckDeadline), w.length(o.TokenTTL), w.latest)
	for _, name := range []string{"Tokens", "Refs", "Traces", "Edits"} {
		fmt.Fprintf(&b, "  %s <- %s%s\n", name, w.name, name)
	}
	fmt.Fprintf(&b, "INVARIANTS\n  TypeOK\n  TraceTypeOK\nCHECK_DEADLOCK FALSE\n")
	return b.String()
}
