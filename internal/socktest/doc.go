// Package socktest has what the tests of broker, backend and compat on real sockets share: pairs of
// connections, servers that echo, a process without descriptors, and tests of the errors that a
// hostile peer causes. It is for tests only.
package socktest
