package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/handoff-go/handoff/spec/trace/events"
)

// Any deadline would do: the transfers do not tell times.
const transferDeadline = 2

// transferGroups divides transfers by what is the same in one run.
func transferGroups(all []events.Transfer) [][]events.Transfer {
	type mode struct {
		lease, margin bool
		links         int
	}
	var groups [][]events.Transfer
	place := map[mode]int{}
	for _, p := range all {
		m := mode{p.Lease, p.Margin, p.Links}
		i, known := place[m]
		if !known {
			i = len(groups)
			place[m] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], p)
	}
	return groups
}

// transferModule returns transfers as a module of TLA+, and its configuration.
func transferModule(group []events.Transfer) (module, cfg string, err error) {
	var some []string
	attempts := 1
	for _, p := range group {
		attempts = max(attempts, p.Attempts())
		var threads []string
		for _, thread := range p.Threads() {
			var steps []string
			for _, s := range thread {
				for _, word := range []string{s.Who, s.Op, p.Kind} {
					if strings.ContainsAny(word, "\"\\") {
						return "", "", fmt.Errorf("%q is no word of the specification", word)
					}
				}
				if s.Link > p.Links {
					return "", "", fmt.Errorf("transfer %s: there is no link %d", p.Name, s.Link)
				}
				steps = append(steps, fmt.Sprintf("S(\"%s\", \"%s\", %d, %d, %s)", s.Who, s.Op, s.Attempt, s.Link, strings.ToUpper(strconv.FormatBool(!s.Failed))))
			}
			threads = append(threads, "<<"+strings.Join(steps, ",\n      ")+">>")
		}
		some = append(some, fmt.Sprintf("\n  [kind |-> \"%s\", cut |-> %s, threads |-> <<\n    %s>>]",
			p.Kind, set(cut(&p)), strings.Join(threads, ",\n    ")))
	}
	first := group[0]
	lease, margin := "{}", transferDeadline
	if first.Lease {
		lease = fmt.Sprintf("1..%d", first.Links)
	}
	if first.Margin {
		margin--
	}
	module = fmt.Sprintf(`---- MODULE %s ----
EXTENDS TraceProtocol

S(who, op, attempt, link_, ok) ==
  [who |-> who, op |-> op, attempt |-> attempt, link |-> link_, ok |-> ok]

AllTransfers == <<%s>>
%sTransfers == AllTransfers
%sBackends == 1..%d
%sLease == %s
====
`, moduleName, strings.Join(some, ","), moduleName, moduleName, first.Links, moduleName, lease)
	cfg = fmt.Sprintf(`SPECIFICATION ProtocolSpec
CONSTANTS
  Backends <- %sBackends
  Lease <- %sLease
  Transfers <- %sTransfers
  Kinds = {"explicit", "plain"}
  MaxAttempts = %d
  AckDeadline = %d
  Margin = %d
  Horizon = %d
  Faults = {"cut", "giveup"}
  MaxFaults = 1
INVARIANT TypeOK
CHECK_DEADLOCK FALSE
`, moduleName, moduleName, moduleName, attempts, transferDeadline, margin, transferDeadline*attempts+1)
	return module, cfg, nil
}

// cut returns the links whose backend closed a copy and answered nothing.
func cut(p *events.Transfer) []int {
	return linksOf(p, func(s events.Step) bool {
		return s.Op == "CloseCopy" && !slices.ContainsFunc(p.Steps, func(answer events.Step) bool {
			return answer.Attempt == s.Attempt && (answer.Op == "SendNack" || answer.Op == "SendReleased")
		})
	})
}

// linksOf returns the links of the steps of backends for which a condition holds.
func linksOf(p *events.Transfer, holds func(events.Step) bool) []int {
	var links []int
	for _, s := range p.Steps {
		if s.Who == "backend" && holds(s) && !slices.Contains(links, s.Link) {
			links = append(links, s.Link)
		}
	}
	return links
}

// set writes numbers as a set of TLA+.
func set(numbers []int) string {
	var words []string
	for _, n := range numbers {
		words = append(words, strconv.Itoa(n))
	}
	return "{" + strings.Join(words, ", ") + "}"
}

// reached is how far a transfer got: how many steps of each of its threads fit at
// the furthest point.
type reached []int

// checkTransfers returns how far each transfer of a group gets.
func (c *checker) checkTransfers(ctx context.Context, group []events.Transfer) ([]reached, error) {
	module, cfg, err := transferModule(group)
	if err != nil {
		return nil, err
	}
	out, err := c.run(ctx, module, cfg)
	if err != nil {
		return nil, err
	}
	return readReached(out, len(group))
}

var reachedLine = regexp.MustCompile(`^"reached (\d+) <<([0-9, ]*)>>"$`)

// readReached reads what module TraceProtocol prints: the last line of a transfer
// is the furthest.
func readReached(out string, n int) ([]reached, error) {
	all := make([]reached, n)
	for line := range strings.Lines(out) {
		found := reachedLine.FindStringSubmatch(strings.TrimSpace(line))
		if found == nil {
			continue
		}
		i, err := strconv.Atoi(found[1])
		if err != nil || i < 1 || i > n {
			return nil, fmt.Errorf("TLC printed %q", line)
		}
		all[i-1] = nil
		for _, word := range strings.Split(found[2], ", ") {
			steps, err := strconv.Atoi(word)
			if err != nil {
				return nil, fmt.Errorf("TLC printed %q: %w", line, err)
			}
			all[i-1] = append(all[i-1], steps)
		}
	}
	return all, nil
}

// misfit returns the next steps of a transfer's threads at the furthest point, of
// which none fits; empty if all steps fit.
func misfit(p *events.Transfer, far reached) []events.Step {
	var next []events.Step
	for i, thread := range p.Threads() {
		n := 0
		if i < len(far) {
			n = far[i]
		}
		if n < len(thread) {
			next = append(next, thread[n])
		}
	}
	return next
}
