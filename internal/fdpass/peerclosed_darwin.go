package fdpass

// peerClosedEvent is the poll event by which PeerClosed learns that the peer sends no more.
// darwin has none: poll reports only POLLHUP, unasked, when both directions are closed.
const peerClosedEvent = 0
