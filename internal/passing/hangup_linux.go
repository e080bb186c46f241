package passing

import "golang.org/x/sys/unix"

// hangup is what poll says when the other end sends no more.
const hangup = unix.POLLRDHUP | unix.POLLHUP | unix.POLLERR
