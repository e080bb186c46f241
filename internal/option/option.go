// Package option fills in the zero fields of a package's Options, and words what is wrong with them.
// The core packages, which import nothing of this module, word it in the same form by themselves.
package option

import (
	"fmt"
	"time"
)

// Error has the fields of each package's OptionError, so that one converts to the other.
type Error struct {
	Option  string // the field of Options
	Problem string // what is wrong with its value
}

// Message is the one form that the OptionErrors of all packages have: "broker: option Attempts: -1 is
// negative".
func (e Error) Message(pkg string) string { return pkg + ": option " + e.Option + ": " + e.Problem }

// Fill sets a field that is zero to its default. It returns an Error if the value is negative, else nil.
func Fill[T time.Duration | int](name string, value *T, ifZero T) *Error {
	switch {
	case *value < 0:
		return &Error{Option: name, Problem: fmt.Sprintf("%v is negative", *value)}
	case *value == 0:
		*value = ifZero
	}
	return nil
}
