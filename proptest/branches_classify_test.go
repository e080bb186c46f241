package proptest_test

import (
	"errors"
	"slices"
	"time"

	"github.com/handoff-go/handoff/fsm"
	"github.com/handoff-go/handoff/registry"
)

// answers are the suffixes of the rows for errors that have one cause.
func answers() []struct {
	err error
	row string
} {
	return []struct {
		err error
		row string
	}{
		{registry.ErrFull, "Full"}, {registry.ErrCollision, "Collision"}, {registry.ErrClosed, "Closed"},
		{registry.ErrTokenNotLive, "NotLive"}, {registry.ErrAlreadyPending, "Pending"}, {registry.ErrTokenExpired, "Expired"},
		{registry.ErrTokenMismatch, "Mismatch"}, {registry.ErrNotPending, "NotPending"},
	}
}

// row returns the row of an event's answer; "" if it has none: a failing random source is not in
// the specification.
func (o *observer) row(e observed, r record, lives bool) string {
	kind := ""
	switch e.Op {
	case registry.OpAbandon:
		return abandonRow(e, o.closed, lives)
	case registry.OpExpire:
		if e.State == fsm.Expired && e.by == "Sweep" {
			return "SweepExpires"
		} else if e.State == fsm.Expired {
			return only(e.by, "Expire", "ExpireOk")
		}
		return "ExpireNone"
	case registry.OpDrop:
		return o.dropRow(e)
	case registry.OpSweep:
		return o.sweepRow(e)
	case registry.OpClose:
		if e.Err == nil {
			return "CloseOk"
		}
		return "CloseNone"
	case registry.OpConsume:
		switch {
		case e.Err == nil || errors.Is(e.Err, registry.ErrTokenExpired):
			kind = map[bool]string{true: "Pending", false: "Issued"}[r.pending]
		case r.consumed && errors.Is(e.Err, registry.ErrTokenNotLive):
			return "ConsumeConsumed"
		}
	}
	if e.Err == nil {
		return e.Op + kind + "Ok"
	}
	for _, a := range answers() {
		if errors.Is(e.Err, a.err) {
			return e.Op + kind + a.row
		}
	}
	if late := (*registry.DeadlineError)(nil); errors.As(e.Err, &late) {
		return e.Op + "Late"
	}
	return ""
}

func only(by, want, row string) string {
	if by == want {
		return row
	}
	return ""
}

func abandonRow(e observed, closed, lives bool) string {
	switch {
	case closed && e.State == fsm.Abandoned:
		return "CloseOneAbandons"
	case e.State == fsm.Abandoned:
		return "AbandonOk"
	case lives && !closed:
		return "AbandonRevoked"
	}
	return "AbandonNone"
}

func (o *observer) dropRow(e observed) string {
	if o.closed {
		return "CloseOneRevokes"
	}
	o.counts.add("DropOk")
	switch e.by {
	case "Issue", "Begin":
		return e.by + "Drop"
	case "Sweep":
		return "SweepDrops"
	}
	return ""
}

func (o *observer) sweepRow(e observed) string {
	if e.Err == nil {
		for _, r := range o.records {
			if !r.pending { // the sweep looked at it, and it has not ended
				o.counts.add("DropNone")
			}
		}
		return "SweepOk"
	}
	if i := slices.IndexFunc(o.cutShort, e.Now.Equal); i >= 0 {
		o.cutShort = slices.Delete(o.cutShort, i, i+1)
		return "SweepCutShort"
	}
	return ""
}

// decide counts the operators that decided the answer of an event.
func (o *observer) decide(e observed, r record) {
	begins := e.Err == nil && (e.Op == registry.OpIssue || e.Op == registry.OpBegin || e.Op == registry.OpRegister)
	if begins && e.End.IsZero() {
		o.counts.add("PlusNever")
	} else if begins {
		o.counts.add("PlusSum")
	}
	if begins && e.Op == registry.OpRegister && !e.End.IsZero() {
		o.counts.add("Earlier" + map[bool]string{true: "First", false: "Second"}[r.end.IsZero() || e.End.Before(r.end)])
	}
	if e.Op == registry.OpAcknowledge && e.State == fsm.Acknowledged {
		o.counts.add("Waited" + map[bool]string{true: "Since", false: "Zero"}[e.Now.After(r.since)])
	}
	judged := e.Op == registry.OpAcknowledge && e.State != 0 || e.Op == registry.OpRegister && (e.Err == nil || errors.Is(e.Err, registry.ErrTokenExpired))
	switch {
	case !judged:
	case r.end.IsZero():
		o.counts.add("OverNever")
	case e.Now.Equal(r.end):
		o.counts.add("OverAt")
	case e.Now.After(r.end):
		o.counts.add("OverAfter")
	case r.end.Sub(e.Now) == time.Nanosecond:
		o.counts.add("OverBefore")
	}
}
