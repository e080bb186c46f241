// Package handoff is the overview of a library that hands live client connections from a
// broker to backend processes, such that every handoff ends exactly once and no
// connection ever has two owners.
//
// A broker accepts a client's connection and passes its descriptor, with a one-time token,
// to a backend. The handoff is done when the backend acknowledges it before a deadline.
// Otherwise the token is permanently revoked, and the connection is offered to another
// backend, or its client reconnects. Passing descriptors works on Linux; elsewhere the
// packages compile and report that it is not supported.
//
// The packages, each of which imports only those listed below it:
//
//   - [github.com/handoff-go/handoff/broker],
//     [github.com/handoff-go/handoff/backend],
//     [github.com/handoff-go/handoff/client]: the three roles of the protocol on real
//     sockets. Start here. Package [github.com/handoff-go/handoff/broker/route] decides
//     which service a plain client wants, and
//     [github.com/handoff-go/handoff/compat] speaks the form of running-process 4.5.5.
//   - [github.com/handoff-go/handoff/wire]: the frames and messages of the protocol.
//   - [github.com/handoff-go/handoff/registry]: many handoffs, their tokens and their
//     deadlines, without any I/O: the verified core.
//   - [github.com/handoff-go/handoff/fallback]: why a handoff was not done, and when to
//     try again.
//   - [github.com/handoff-go/handoff/fsm]: the state machine of one handoff.
//   - [github.com/handoff-go/handoff/model]: the reference model, which the registry is
//     checked against.
//   - [github.com/handoff-go/handoff/proptest]: the conformance kit, which checks any
//     implementation of the registry's contract against the model.
//
// How the guarantees are checked (model, TLA+ specification, traces, mutants,
// processes that are killed and frozen after each step of the protocol) is described in
// docs/verification.md. The folder spec holds the specification and the runner of its
// models. This package itself holds no code.
package handoff
