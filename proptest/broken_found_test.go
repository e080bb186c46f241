package proptest_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/proptest/internal/sequence"
	"github.com/handoff-go/handoff/registry"
)

// Run finds every broken registry, from each of five seeds, at rapid's defaults.
func TestBrokenRegistriesAreFound(t *testing.T) {
	setEffort(t, 100, 30)
	setFlag(t, "rapid.nofailfile", "true")
	setFlag(t, "rapid.shrinktime", "0s")
	for name, broken := range brokenSequentially() {
		t.Run(name, func(t *testing.T) {
			for seed := 1; seed <= 5; seed++ {
				setFlag(t, "rapid.seed", strconv.Itoa(seed))
				r := resultOf(func(t rapid.TB) { rapid.Check(t, sequenceProperty(broken)) })
				require.True(t, r.failed, "seed %d", seed)
				require.NotContains(t, r.message, "flaky", "the same sequence fails in the same way")
				t.Logf("seed %d: %.160s", seed, r.message)
			}
		})
	}
}

// sequenceProperty is the property of the subtest "sequences" of Run, with less patience.
func sequenceProperty(f factory) func(*rapid.T) {
	return sequence.Property(proptest.ContractFactory(f), nil, sequence.NewReentry(time.Second))
}

// Run finds factories that accept invalid options, change them, or refuse them in another way.
func TestBrokenOptionsAreFound(t *testing.T) {
	for name, broken := range map[string]factory{
		"takes the default for a negative": rewired(func(o *registry.Options) { o.MaxPending = max(0, o.MaxPending) }),
		"raises the token's time": rewired(func(o *registry.Options) {
			if o.AckDeadline > 0 && o.TokenTTL > 0 {
				o.TokenTTL = max(o.TokenTTL, o.AckDeadline)
			}
		}),
		"refuses what is equal": func(o registry.Options) (proptest.Registry, error) {
			if o.AckDeadline > 0 && o.AckDeadline == o.TokenTTL {
				return nil, &registry.OptionError{Option: "AckDeadline", Problem: "not below TokenTTL"}
			}
			return ours(o)
		},
		"blames another option": func(o registry.Options) (proptest.Registry, error) {
			if r, err := ours(o); err == nil {
				return r, nil
			}
			return nil, &registry.OptionError{Option: "Rand", Problem: "strange"}
		},
		"has another error": func(o registry.Options) (proptest.Registry, error) {
			if r, err := ours(o); err == nil {
				return r, nil
			}
			return nil, fmt.Errorf("no")
		},
		"gives a registry beside the error": func(o registry.Options) (proptest.Registry, error) {
			_, err := ours(o)
			r, _ := registry.New(registry.Options{})
			return r, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(t rapid.TB) { sequence.CheckOptions(t, proptest.ContractFactory(broken)) }
			require.True(t, resultOf(check).failed)
		})
	}
}
