//go:build !linux && !darwin

package passing

import "time"

// Write returns [ErrUnsupported].
func Write(int, []byte) (int, error) { return 0, ErrUnsupported }

// Read returns [ErrUnsupported].
func Read(int, []byte) (int, error) { return 0, ErrUnsupported }

// Close returns [ErrUnsupported].
func Close(int) error { return ErrUnsupported }

// Ended reports false.
func Ended(int) bool { return false }

// AwaitHangup returns [ErrUnsupported].
func (*Link) AwaitHangup(time.Time) error { return ErrUnsupported }
