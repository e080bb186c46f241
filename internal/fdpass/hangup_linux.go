package fdpass

import "golang.org/x/sys/unix"

// hangup is what poll is asked for to learn that the other end sends no more.
const hangup = unix.POLLRDHUP
