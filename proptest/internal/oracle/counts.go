package oracle

import "github.com/handoff-go/handoff/registry"

// CheckConserved returns an error if a count of s was lost, in any one value of Stats.
func CheckConserved(s registry.Stats) error {
	if s.Registered != uint64(s.Pending)+s.Acknowledged+s.Expired+s.Abandoned {
		return violates(Conserved, "Registered is not Pending + Acknowledged + Expired + Abandoned in %+v", s)
	}
	if s.Issued != uint64(s.Tokens)+s.Revoked {
		return violates(Conserved, "Issued is not Tokens + Revoked in %+v", s)
	}
	return nil
}

// Counted is for a value of Stats, read between two calls. It must be what was told.
func (o *Oracle) Counted(s registry.Stats) error {
	if err := CheckConserved(s); err != nil {
		return err
	}
	if s.Tokens > o.options.MaxPending {
		return violates(Bounded, "%d tokens are live, MaxPending is %d", s.Tokens, o.options.MaxPending)
	}
	told := o.told
	told.Revoked, told.Tokens = s.Revoked, s.Tokens // no caller is told of these
	if s != told {
		return violates(Conserved, "Stats are %+v, but the callers and OnExit were told %+v", s, told)
	}
	return nil
}

// CheckSwept returns an error if handoffs are pending after a sweep at the last deadline, apart
// from those whose deadline is never.
func CheckSwept(pending, never int) error {
	if pending != never {
		return violates(Ends, "%d handoffs are pending after a sweep at the last deadline, %d of them never expire", pending, never)
	}
	return nil
}

// CheckClosed returns an error if tokens are live after Close.
func CheckClosed(tokens int) error {
	if tokens != 0 {
		return violates(Ends, "%d tokens are live after Close", tokens)
	}
	return nil
}

// Closed is for a registry after Close: every handoff has left.
func (o *Oracle) Closed() error {
	for _, l := range o.lifetime {
		if l.phase.waits() {
			return violates(LeavesExactlyOnce, "a handoff has not left after Close")
		}
	}
	return nil
}
