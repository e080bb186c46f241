package compat_test

import (
	"reflect"
	"testing"

	"github.com/handoff-go/handoff/compat"
	"github.com/handoff-go/handoff/internal/socktest"
)

func TestMethodsOfAConn(t *testing.T) {
	socktest.OnlyConnMethods(t, reflect.TypeFor[*compat.Conn]())
}
