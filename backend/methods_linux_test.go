package backend_test

import (
	"reflect"
	"testing"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/socktest"
)

func TestMethodsOfAConn(t *testing.T) {
	socktest.OnlyConnMethods(t, reflect.TypeFor[*backend.Conn]())
}
