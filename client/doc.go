// Package client is the client's side of a handoff. A [Dialer] connects to a broker, and
// returns a net.Conn that hides which of two things follows: the broker hands the
// connection over to a backend, or the client reconnects elsewhere. The package passes no
// descriptors, so it works on every system.
//
// # Adopted or reconnected
//
// The broker replies to the client's hello and says how long the client should wait. Then
// one frame arrives. Ready comes from a backend, which owns the connection: the client
// keeps using it. Fallback comes from the broker: the client closes the connection and
// makes a new one. The first request need not wait for either: the client keeps what the
// user writes before, and replays it on the new connection. That is safe because fallback
// says that nobody owned the old connection.
//
// # In doubt
//
// If the connection ends before either frame, or neither comes in the time that the broker
// asked for, nobody can say whether a backend has executed what was written. The client
// never replays it then: Read and Write return an [*InDoubtError], and the caller, who
// knows whether the request is idempotent, decides.
//
// A broker of running-process 4.5.5 has no fallback, and ends the connection instead. With
// [Dialer.Compat] the client writes nothing before ready, and such an end means: reconnect.
package client
