// Package e2e holds tests that look at the whole from outside: HTTP clients that
// people use, TLS, large bodies, and crowds of clients and backends that say nothing or
// say it a byte at a time, over real sockets, with every backend in a process of its own.
//
// Their sizes are small by default. By flag they are as large as one likes:
//
//	go test ./internal/e2e -requests 100000 -body 1024 -silent 10000 -dripping 1000
package e2e
