package passing

import "golang.org/x/sys/unix"

// hangup is what poll says when the other end is gone.
const hangup = unix.POLLHUP | unix.POLLERR
