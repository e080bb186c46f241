package fdpass

import "golang.org/x/sys/unix"

// peerClosedEvent is the poll event by which PeerClosed learns that the peer sends no more.
const peerClosedEvent = unix.POLLRDHUP
