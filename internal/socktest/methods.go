package socktest

import (
	"reflect"
	"slices"
	"testing"
)

// OnlyConnMethods fails unless conn, a pointer to a struct, has exactly the methods that a handed-off
// connection has for its users, and no exported field: another would be a way to its socket past the
// bytes that the broker had read.
func OnlyConnMethods(t testing.TB, conn reflect.Type) {
	t.Helper()
	want := []string{
		"Close", "CloseRead", "CloseWrite", "Detach", "Info",
		"LocalAddr", "Read", "ReadFrom", "RemoteAddr", "SetDeadline",
		"SetReadDeadline", "SetWriteDeadline", "SyscallConn", "Write", "WriteTo",
	}
	var methods []string
	for i := range conn.NumMethod() {
		methods = append(methods, conn.Method(i).Name)
	}
	if !slices.Equal(want, methods) {
		t.Fatalf("methods of %v: %q, want %q", conn, methods, want)
	}
	for i := range conn.Elem().NumField() {
		if f := conn.Elem().Field(i); f.IsExported() {
			t.Fatalf("%v has an exported field %s", conn, f.Name)
		}
	}
}
