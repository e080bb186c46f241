package fdpass

import (
	"errors"
	"syscall"
)

// IsShortage reports whether err says that this process or the system has no descriptor, memory or
// buffer left: what failed may work later, and nothing is wrong with the socket.
func IsShortage(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
