package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/proptest/internal/race"
	"github.com/handoff-go/handoff/registry"
)

// describeHistory returns a history as text, one call a line, in the order in which they began.
func describeHistory(history []porcupine.Operation) string {
	history = slices.Clone(history)
	slices.SortFunc(history, func(x, y porcupine.Operation) int { return cmp.Compare(x.Call, y.Call) })
	var b strings.Builder
	for _, op := range history {
		until := fmt.Sprint(op.Return)
		if op.Return == math.MaxInt64 {
			until = "end"
		}
		fmt.Fprintf(&b, "%3d to %3s, caller %d: %s\n", op.Call, until, op.ClientId, describeCall(op.Input.(call), op.Output.(answer)))
	}
	return b.String()
}

// describeCall returns a call and its answer as text, without the fields that the operation does
// not have.
func describeCall(in call, out answer) string {
	var args, answers []string
	add := func(to *[]string, given bool, format string, arg any) {
		if given {
			*to = append(*to, fmt.Sprintf(format, arg))
		}
	}
	about := !slices.Contains([]string{"Issue", "Begin", "ExpireOverdue", "Close", "NextDeadline", "Stats", "Len", "Tokens"}, in.op)
	timed := slices.Contains([]string{"Issue", "Begin", "Register", "Consume", "Acknowledge", "Expire", "ExpireOverdue"}, in.op)
	add(&args, about, "%s", tokenName(in.token))
	add(&args, in.op == "Consume", "presented %s", tokenName(in.presented))
	add(&args, in.op == "Begin" || in.op == "Register", "%v", in.backend)
	add(&args, timed, "at %d", in.now)
	add(&answers, out.open, "%s", "has not returned")
	add(&answers, out.err != nil, "%v", out.err)
	add(&answers, out.ok, "%t", out.ok)
	add(&answers, !out.token.IsZero(), "%s", tokenName(out.token))
	add(&answers, out.backend != registry.Backend{}, "%v", out.backend)
	add(&answers, out.wait != 0, "waited or late %d", int64(out.wait))
	add(&answers, out.end != 0, "end %d", out.end)
	add(&answers, out.n != 0, "%d", out.n)
	add(&answers, out.stats != registry.Stats{}, "%+v", out.stats)
	add(&answers, len(out.swept) > 0, "%d expired", len(out.swept))
	add(&answers, len(out.abandoned) > 0, "%d abandoned", len(out.abandoned))
	if len(answers) == 0 {
		answers = []string{"nothing"}
	}
	return in.op + "(" + strings.Join(args, ", ") + "): " + strings.Join(answers, ", ")
}

// describeState returns a state of the model as text, with its records in the order of their ends.
func describeState(s model.State) string {
	var b strings.Builder
	for _, t := range s.ByEnd() {
		r := s.Records[t]
		what := "issued"
		switch {
		case r.Consumed:
			what = "consumed"
		case r.Pending:
			what = "pending"
		}
		fmt.Fprintf(&b, "%s %s until %d, ", tokenName(contract.Token(t)), what, r.End)
	}
	return fmt.Sprintf("%sclosed %t, %+v", b.String(), s.Closed, s.Stats)
}

func tokenName(t registry.Token) string {
	for i := range tokens {
		if t == race.RepeatingToken(i) {
			return fmt.Sprintf("token %d", i)
		}
	}
	return "-"
}
