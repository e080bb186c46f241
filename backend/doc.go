// Package backend is the side of a handoff that serves: a net.Listener whose connections
// are handed over by a broker.
package backend
