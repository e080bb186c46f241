package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/handoff-go/handoff/spec/trace/events"
)

// spoiled is a transfer that cannot be: there is no model that judges transfers, so
// each is spoiled where a rule of the protocol says that it must not be so.
type spoiled struct {
	name string
	events.Transfer
}

// step names an operation of a party.
type step struct{ who, op string }

// causes are steps without which others of the same attempt cannot be.
func causes() [][2]step {
	broker := func(op string) step { return step{"broker", op} }
	backend := func(op string) step { return step{"backend", op} }
	return [][2]step{
		{broker("Begin"), broker("SendOffer")},
		{broker("SendOffer"), broker("OfferWritten")},
		{broker("OfferWritten"), backend("ReadOffer")},
		{backend("ReadOffer"), backend("SendAck")},
		{backend("SendAck"), backend("ReadClock")},
		{backend("SendAck"), broker("ReadAck")},
		{broker("ReadAck"), broker("Acknowledge")},
		{broker("Acknowledge"), broker("SendCommit")},
		{broker("Acknowledge"), broker("Fence")},
		{broker("Fence"), broker("SendRevoke")},
		{broker("SendCommit"), backend("ReadCommit")},
		{broker("SendRevoke"), backend("ReadRevoke")},
		{backend("ReadRevoke"), backend("SendReleased")},
		{backend("CloseCopy"), backend("SendReleased")},
		{backend("CloseCopy"), backend("SendNack")},
		{backend("SendReleased"), broker("ReadReleased")},
		{broker("Expire"), broker("SendRevoke")},
	}
}

// once are steps that cannot come twice in the same attempt.
func once() []step {
	return []step{
		{"broker", "Begin"}, {"broker", "SendOffer"}, {"broker", "OfferWritten"}, {"broker", "ReadAck"}, {"broker", "Acknowledge"},
		{"broker", "SendCommit"}, {"broker", "CloseCopy"}, {"broker", "Expire"}, {"broker", "Fence"}, {"broker", "SendFallback"}, {"broker", "EndConn"},
		{"backend", "ReadOffer"}, {"backend", "SendAck"}, {"backend", "ReadCommit"}, {"backend", "SendNack"}, {"backend", "SendReleased"},
		{"backend", "SendReady"}, {"client", "ReadReady"}, {"client", "ReadFallback"},
	}
}

// spoil returns all ways in which a transfer can be spoiled.
func spoil(p events.Transfer) []spoiled {
	var all []spoiled
	add := func(name string, at events.Step, steps []events.Step) {
		q := p
		q.Steps = steps
		all = append(all, spoiled{fmt.Sprintf("transfer %s with %s: %v", p.Name, name, at), q})
	}
	for i, s := range p.Steps {
		for _, c := range causes() {
			if (step{s.Who, s.Op}) != c[0] {
				continue
			}
			for j, u := range p.Steps {
				if u.Attempt != s.Attempt || s.Attempt == 0 || (step{u.Who, u.Op}) != c[1] {
					continue
				}
				add("a step lost", s, slices.Delete(slices.Clone(p.Steps), i, i+1))
				if u.Thread == s.Thread && i < j {
					swapped := slices.Clone(p.Steps)
					swapped[i], swapped[j] = u, s
					add("a step too late", s, swapped)
				}
			}
		}
		if slices.Contains(once(), step{s.Who, s.Op}) && (s.Attempt != 0 || s.Link == 0) {
			add("a step twice", s, slices.Insert(slices.Clone(p.Steps), i, s))
		}
		if s.Op == "Acknowledge" {
			flipped := slices.Clone(p.Steps)
			flipped[i].Failed = !s.Failed
			add("the other verdict", s, flipped)
		}
		if s.Op == "Expire" {
			add("no drain", s, slices.DeleteFunc(slices.Clone(p.Steps), func(u events.Step) bool { return u.Op == "Drain" && u.Thread == s.Thread }))
			add("no reading of the clock", s, slices.DeleteFunc(slices.Clone(p.Steps), func(u events.Step) bool {
				return u.Who == "broker" && u.Op == "ReadClock" && u.Thread == s.Thread
			}))
		}
	}
	return all
}

// some draws n of the ways to spoil transfers, or returns all, if there are fewer.
func some(r *rand.Rand, transfers []events.Transfer, n int) []spoiled {
	var all []spoiled
	for _, p := range transfers {
		all = append(all, spoil(p)...)
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(n, len(all))]
}
