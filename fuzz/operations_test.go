package fuzz_test

import (
	"testing"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

func ours(o registry.Options) (proptest.Registry, error) { return registry.New(o) }

// Whatever the sequence of operations, the registry answers as the model does.
func FuzzOperations(f *testing.F) {
	f.Fuzz(func(t *testing.T, program []byte) { proptest.Replay(t, ours, program) })
}
