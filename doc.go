// Package handoff is the map of a library for handing a live client connection
// from a broker to a backend process, so that every handoff ends exactly once.
//
// A broker passes the connection's descriptor together with a one-time token.
// The handoff is done only when the backend acknowledges it before a deadline.
// If it does not, the handoff expires, the token is dead for ever, and the
// client reconnects.
//
// The packages, each resting only on those below it:
//
//   - [github.com/handoff-go/handoff/broker],
//     [github.com/handoff-go/handoff/backend],
//     [github.com/handoff-go/handoff/client]: the three roles of the protocol, on
//     real sockets. They are new and not yet proved by fault injection.
//   - [github.com/handoff-go/handoff/wire]: their frames and messages.
//   - [github.com/handoff-go/handoff/registry]: many handoffs, their tokens and
//     time. This is the verified core, and where a reader should start.
//   - [github.com/handoff-go/handoff/fallback]: why a handoff was not done, and
//     when to try again.
//   - [github.com/handoff-go/handoff/fsm]: the life of one handoff.
//   - [github.com/handoff-go/handoff/model]: the reference model, which the
//     registry is checked against.
//   - [github.com/handoff-go/handoff/proptest]: the public conformance kit, which
//     checks any implementation against the model.
//
// The folder spec holds the TLA+ specification and the runner of its models.
// This package itself holds no code.
package handoff
