package client

import "strconv"

// Outcome is what became of a connection to a broker. The zero Outcome is Pending.
type Outcome uint8

// The outcomes.
const (
	Pending     Outcome = iota // the owner of the connection is not known yet
	Adopted                    // a backend owns the connection: the broker handed it over
	Reconnected                // nobody owned the connection; Conn is a new one, to the address that the broker named or to Dialer.Reconnect
	Failed                     // there is no connection; Read and Write return the reason
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
