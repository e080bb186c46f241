package compat_test

import (
	"reflect"
	"testing"

	"github.com/handoff-go/handoff/compat"
	"github.com/stretchr/testify/require"
)

// A connection must not offer a way to its socket past what the broker had read.
func TestMethodsOfAConn(t *testing.T) {
	conn := reflect.TypeFor[*compat.Conn]()
	var methods []string
	for i := range conn.NumMethod() {
		methods = append(methods, conn.Method(i).Name)
	}
	require.Equal(t, []string{
		"Close", "CloseRead", "CloseWrite", "Detach", "Info",
		"LocalAddr", "Read", "ReadFrom", "RemoteAddr", "SetDeadline",
		"SetReadDeadline", "SetWriteDeadline", "SyscallConn", "Write", "WriteTo",
	}, methods)
	for i := range conn.Elem().NumField() {
		require.False(t, conn.Elem().Field(i).IsExported(), conn.Elem().Field(i).Name)
	}
}
