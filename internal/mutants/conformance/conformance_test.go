package conformance_test

import (
	"testing"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

func ours(o registry.Options) (proptest.Registry, error) { return registry.New(o) }

func TestRegistry(t *testing.T)             { proptest.Run(t, ours) }
func TestRegistryWalks(t *testing.T)        { proptest.Walk(t, ours) }
func TestRegistryConcurrently(t *testing.T) { proptest.RunConcurrent(t, ours) }
