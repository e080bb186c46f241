package client

import "strconv"

// Outcome is what became of a connection to a broker. The zero Outcome is Pending.
type Outcome uint8

// The outcomes.
const (
	Pending     Outcome = iota // it is not known yet
	Adopted                    // a backend owns the connection to the broker: it was handed over
	Reconnected                // the connection is a new one, to where the broker said
	Failed                     // neither: Read and Write say why
)

// String returns the outcome's name in lower case, or Outcome(n) for another number.
func (o Outcome) String() string {
	switch o {
	case Pending:
		return "pending"
	case Adopted:
		return "adopted"
	case Reconnected:
		return "reconnected"
	case Failed:
		return "failed"
	}
	return "Outcome(" + strconv.Itoa(int(o)) + ")"
}
