// Package client is the side of a handoff that asks: a [Dialer] connects to a broker,
// and whether the broker hands the connection over to a backend or has the client
// reconnect is hidden behind one net.Conn. It needs no descriptor passing, so it works
// on every system.
//
// # One connection, two stories
//
// The broker replies to the client's hello and says how long the client should wait.
// Then comes one frame: ready, from a backend that owns the connection, and the
// connection goes on as it is; or fallback, from the broker, and the client makes a new
// one. The first request need not wait for it: what is written before is kept, and
// written again on the new connection. That is safe, because fallback says that nobody
// owned the old one.
//
// # Doubt
//
// If the connection ends before either frame, or none comes in all the time that the
// broker asked for, nobody can say whether a backend has executed what was written. It
// is never written again: Read and Write return a [*InDoubtError], and the caller, who
// knows whether the request is idempotent, decides.
package client
