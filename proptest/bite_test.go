package proptest_test

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/handoff-go/handoff/proptest"
	"github.com/handoff-go/handoff/registry"
)

// The kit finds every fault, from every one of five seeds, at rapid's defaults.
func TestFaultsAreFound(t *testing.T) {
	setEffort(t, 100, 30)
	setFlag(t, "rapid.nofailfile", "true")
	setFlag(t, "rapid.shrinktime", "0s")
	for name, broken := range brokenAlone() {
		t.Run(name, func(t *testing.T) {
			for seed := 1; seed <= 5; seed++ {
				setFlag(t, "rapid.seed", strconv.Itoa(seed))
				v := judge(func(t rapid.TB) {
					rapid.Check(t, proptest.Sequences(broken, time.Second))
				})
				require.True(t, v.failed, "seed %d", seed)
				require.NotContains(t, v.message, "flaky", "the same sequence fails in the same way")
				t.Logf("seed %d: %.160s", seed, v.message)
			}
		})
	}
}

// Options that a careless factory accepts, fills in, or refuses in another way.
func TestFaultyOptionsAreFound(t *testing.T) {
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
			require.True(t, judge(func(t rapid.TB) { proptest.CheckOptions(t, broken) }).failed)
		})
	}
}

// verdict is a test that only notes how it went.
type verdict struct {
	testing.TB // whose other methods nobody calls

	mu      sync.Mutex
	failed  bool
	message string
}

// judge runs a check that may fail.
func judge(check func(rapid.TB)) *verdict {
	v := &verdict{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(v)
	}()
	<-done
	return v
}

func (v *verdict) Helper()             {}
func (v *verdict) Name() string        { return "judged" }
func (v *verdict) Logf(string, ...any) {}
func (v *verdict) Log(...any)          {}
func (v *verdict) Attr(_, _ string)    {}

func (v *verdict) Errorf(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.failed = true
	v.message += fmt.Sprintf(format, args...)
}

func (v *verdict) Failed() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.failed
}

func (v *verdict) FailNow() {
	v.Errorf("")
	runtime.Goexit()
}

func (v *verdict) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	runtime.Goexit()
}
