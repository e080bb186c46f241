package fallback

import (
	"strconv"
	"time"
)

// What a zero field of [Policy] means, as in docs/reference.md.
const (
	DefaultMaxFailures = 8
	DefaultWindow      = 30 * time.Second
)

// Policy is how many failures of a backend are too many. The zero Policy is the
// default. Policies are plain values: copy them freely.
type Policy struct {
	// MaxFailures is the number of failures within a window at which the backend
	// is limited. Zero means [DefaultMaxFailures]; one limits it at its first failure.
	MaxFailures int

	// Window is how long failures count, from the first of them on: the window is
	// fixed, and a later failure does not lengthen it. Zero means [DefaultWindow].
	Window time.Duration
}

// check returns the first field of p that is invalid as a *OptionError, or nil.
func (p Policy) check() error {
	if p.MaxFailures < 0 {
		return &OptionError{Option: "MaxFailures", Problem: strconv.Itoa(p.MaxFailures) + " is negative"}
	}
	if p.Window < 0 {
		return &OptionError{Option: "Window", Problem: p.Window.String() + " is negative"}
	}
	return nil
}

// OptionError says which field of [Policy] cannot be used, and why. [NewLimiter]
// returns it as a pointer.
type OptionError struct {
	Option  string // the name of the field
	Problem string // what is wrong with its value
}

// Error names the option and the problem.
func (e *OptionError) Error() string {
	return "fallback: option " + e.Option + ": " + e.Problem
}
