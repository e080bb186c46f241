package proptest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/handoff-go/handoff/model"
	"github.com/handoff-go/handoff/registry"
)

// describeHistory writes a history for people, in the order of the calls.
func describeHistory(history []porcupine.Operation) string {
	history = slices.Clone(history)
	slices.SortFunc(history, func(x, y porcupine.Operation) int { return cmp.Compare(x.Call, y.Call) })
	var b strings.Builder
	for _, op := range history {
		until := fmt.Sprint(op.Return)
		if op.Return == math.MaxInt64 {
			until = "end"
		}
		fmt.Fprintf(&b, "%3d to %3s, caller %d: %s\n", op.Call, until, op.ClientId, describeCall(op.Input.(asked), op.Output.(said)))
	}
	return b.String()
}

// describeCall writes a call and its answer, without what neither speaks of.
func describeCall(in asked, out said) string {
	var args, answers []string
	add := func(to *[]string, given bool, format string, arg any) {
		if given {
			*to = append(*to, fmt.Sprintf(format, arg))
		}
	}
	about := !slices.Contains([]string{"Issue", "Begin", "ExpireOverdue", "Close", "NextDeadline", "Stats", "Len", "Tokens"}, in.op)
	timed := slices.Contains([]string{"Issue", "Begin", "Register", "Consume", "Acknowledge", "Expire", "ExpireOverdue"}, in.op)
	add(&args, about, "%s", fewName(in.token))
	add(&args, in.op == "Consume", "presented %s", fewName(in.presented))
	add(&args, in.op == "Begin" || in.op == "Register", "%v", in.backend)
	add(&args, timed, "at %d", in.now)
	add(&answers, out.open, "%s", "not returned")
	add(&answers, out.err != nil, "%v", out.err)
	add(&answers, out.ok, "%t", out.ok)
	add(&answers, !out.token.IsZero(), "%s", fewName(out.token))
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

// describeState writes a state of the model, the record that ends first at the front.
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
		fmt.Fprintf(&b, "%s %s until %d, ", fewName(parse(t)), what, r.End)
	}
	return fmt.Sprintf("%sclosed %t, %+v", b.String(), s.Closed, s.Stats)
}

func fewName(t registry.Token) string {
	for i := range fewTokens {
		if t == fewToken(i) {
			return fmt.Sprintf("token %d", i)
		}
	}
	return "-"
}
