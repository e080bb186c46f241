// Package obligations holds the code to what the specification assumes of it. It
// has no code of its own.
//
// That everything ends (Ends in Liveness.tla, EveryClientEnds and EveryCopyCloses in
// ProtocolLiveness.tla) holds only because somebody is assumed to go on: each
// fairness condition there is an obligation here, on a goroutine, a timer, a callback
// or a process. For each there are two tests: one shows that the code meets it, so
// that the property holds; the other withholds it, and shows that the property fails
// then, and that nothing else was missing.
//
// The table of obligations is in obligations_test.go, is held equal to the conditions
// of the modules, and is written to the specification's README.
//
// The obligations of the registry and of the client are shown in a bubble of
// testing/synctest, where a year passes at once: what is still pending then does not
// end. Those of broker and backend need the real sockets that descriptors are passed
// on, and the network is outside any bubble. There, what is withheld is a step that
// Options.Trace does not return from, and "not" is an order of events: other
// connections with the same deadlines begin after that, and end, one after the other.
package obligations
