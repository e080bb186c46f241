package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// Class says how the backend treats the first attempt of a connection. The zero
// Class is OK. Classes are plain values.
type Class uint8

// The classes. What each ends as is fixed by the registry's rules, not by luck:
// OK is acknowledged, Slow and Never expire, Kill is abandoned.
const (
	OK      Class = iota // the backend acknowledges at once
	Slow                 // the backend acknowledges long after the deadline
	Never                // the backend holds the connection and says nothing
	Kill                 // the backend dies by SIGKILL before it acknowledges
	Classes int   = iota // how many classes there are
)

// String returns the class as the command line spells it.
func (c Class) String() string {
	switch c {
	case OK:
		return "ok"
	case Slow:
		return "slow"
	case Never:
		return "never"
	case Kill:
		return "kill"
	default:
		return fmt.Sprintf("class(%d)", uint8(c))
	}
}

// DefaultPercent is the share of connections that each fault gets under "on".
const DefaultPercent = 10

// Faults are the percentages of connections whose first attempt is spoiled. The
// zero Faults spoil none. *Faults is a [flag.Value]; values copy freely.
type Faults struct{ Slow, Never, Kill int }

// On returns the default faults: DefaultPercent of each class.
func On() Faults { return Faults{Slow: DefaultPercent, Never: DefaultPercent, Kill: DefaultPercent} }

// String returns the faults in a form that Set takes back.
func (f Faults) String() string {
	if f == (Faults{}) {
		return "off"
	}
	return fmt.Sprintf("slow=%d,never=%d,kill=%d", f.Slow, f.Never, f.Kill)
}

// Set reads "on", "off", or a list like "slow=5,never=5,kill=5" in which a class
// that is left out is zero. It returns a *SpecError, and changes nothing, for an
// unknown or repeated class, a share outside 0 to 100, or a sum above 100.
func (f *Faults) Set(spec string) error {
	switch spec {
	case "on":
		*f = On()
		return nil
	case "off":
		*f = Faults{}
		return nil
	}
	var got Faults
	seen := map[string]bool{}
	for _, item := range strings.Split(spec, ",") {
		name, value, _ := strings.Cut(item, "=")
		share, err := strconv.Atoi(value)
		if err != nil || share < 0 || share > 100 {
			return &SpecError{Spec: spec, Problem: fmt.Sprintf("%q is not CLASS=PERCENT", item)}
		}
		if seen[name] {
			return &SpecError{Spec: spec, Problem: fmt.Sprintf("%s is given twice", name)}
		}
		seen[name] = true
		switch name {
		case "slow":
			got.Slow = share
		case "never":
			got.Never = share
		case "kill":
			got.Kill = share
		default:
			return &SpecError{Spec: spec, Problem: fmt.Sprintf("no fault is called %q", name)}
		}
	}
	if got.Slow+got.Never+got.Kill > 100 {
		return &SpecError{Spec: spec, Problem: "the shares are above 100 in all"}
	}
	*f = got
	return nil
}

// SpecError says what is wrong with a specification of faults.
type SpecError struct{ Spec, Problem string }

// Error implements error.
func (e *SpecError) Error() string {
	return fmt.Sprintf("faults %q: %s (want on, off, or a list like slow=5,never=5,kill=5)", e.Spec, e.Problem)
}
