package proptest

import (
	"testing"

	"github.com/handoff-go/handoff/proptest/internal/contract"
	"github.com/handoff-go/handoff/registry"
	"pgregory.net/rapid"
)

// RunCovered is Run, and returns how often each operation had each answer.
func RunCovered(t *testing.T, f func(registry.Options) (Registry, error)) Coverage { return run(t, f) }

// ConcurrentChecks returns the subtests of RunConcurrent by their names.
func ConcurrentChecks() map[string]func(rapid.TB, contract.Factory) { return concurrentChecks() }

// ContractFactory returns a factory for the internal packages.
func ContractFactory(f func(registry.Options) (Registry, error)) contract.Factory {
	return contractFactory(f)
}
