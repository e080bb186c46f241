package oracle

import "fmt"

// A Guarantee is one of the promises G1 to G8 of a registry. Their names are those of the TLA+
// properties in spec/Guarantees.tla and spec/Liveness.tla.
type Guarantee int

// The guarantees.
const (
	LeavesExactlyOnce Guarantee = 1 + iota // G1: every handoff gets exactly one outcome
	AlwaysRevoked                          // G2: after the outcome, the token is refused on every path
	OneDeadline                            // G3: an ACK succeeds before the deadline only; nothing expires early
	OnlyLiveTokens                         // G4: what is pending has a token that was issued and is not revoked
	Bounded                                // G5: never more than MaxPending live tokens
	Conserved                              // G6: the counts add up at every instant
	Ends                                   // G7: nothing stays pending after its deadline and one sweep
	SaturatingTime                         // G8: a huge deadline is never, not now; no wait is negative
)

// String returns the number and the name, such as "G1 LeavesExactlyOnce".
func (g Guarantee) String() string {
	names := [...]string{"LeavesExactlyOnce", "AlwaysRevoked", "OneDeadline", "OnlyLiveTokens",
		"Bounded", "Conserved", "Ends", "SaturatingTime"}
	if g < 1 || int(g) > len(names) {
		return fmt.Sprintf("Guarantee(%d)", int(g))
	}
	return fmt.Sprintf("G%d %s", int(g), names[g-1])
}

// Violation is the error for a broken guarantee.
type Violation struct {
	Guarantee Guarantee // the one that is broken
	Problem   string    // what happened
}

// Error returns the guarantee and what happened.
func (v *Violation) Error() string { return v.Guarantee.String() + ": " + v.Problem }

func violates(g Guarantee, format string, args ...any) error {
	return &Violation{g, fmt.Sprintf(format, args...)}
}
