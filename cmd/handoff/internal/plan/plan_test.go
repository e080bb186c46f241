package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

func TestSameSeedSamePlan(t *testing.T) {
	one, two, other := plan.New(7, 1000, plan.On()), plan.New(7, 1000, plan.On()), plan.New(8, 1000, plan.On())
	require.Equal(t, one, two)
	require.NotEqual(t, one, other, "the seed decides which connections are spoiled")
	require.Equal(t, one.Counts(), other.Counts(), "and only which, not how many")
}

func TestEveryClassIsAtLeastFivePercent(t *testing.T) {
	for _, n := range []int{4, 19, 20, 60, 99, 101, 1000, 4321} {
		counts := plan.New(1, n, plan.On()).Counts()
		sum := 0
		for class, count := range counts {
			require.GreaterOrEqual(t, 100*count, 5*n, "%v of %d", plan.Class(class), n)
			sum += count
		}
		require.Equal(t, n, sum)
	}
}

func TestSharesAreRoundedUpAndCut(t *testing.T) {
	for _, tc := range []struct {
		name   string
		n      int
		faults plan.Faults
		want   [plan.Classes]int
	}{
		{"off spoils none", 100, plan.Faults{}, [plan.Classes]int{100, 0, 0, 0}},
		{"exact", 1000, plan.Faults{Slow: 5, Never: 6, Kill: 7}, [plan.Classes]int{820, 50, 60, 70}},
		{"rounded up", 10, plan.Faults{Slow: 1, Kill: 11}, [plan.Classes]int{7, 1, 0, 2}},
		{"more faults than connections", 2, plan.On(), [plan.Classes]int{0, 1, 1, 0}},
		{"all of one", 3, plan.Faults{Kill: 100}, [plan.Classes]int{0, 0, 0, 3}},
		{"none", 0, plan.On(), [plan.Classes]int{}},
		{"negative", -5, plan.On(), [plan.Classes]int{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, plan.New(3, tc.n, tc.faults).Counts())
		})
	}
}

func TestOnlyFirstAttemptsAreSpoiled(t *testing.T) {
	p := plan.New(1, 50, plan.Faults{Slow: 100})
	require.Equal(t, 50, p.Len())
	require.Equal(t, plan.Slow, p.Class(49, 1))
	require.Equal(t, plan.OK, p.Class(49, 2))
	require.Equal(t, plan.OK, p.Class(49, 0))
	require.Equal(t, plan.OK, p.Class(50, 1), "a connection that the plan does not have")
}

func TestFaultsReadBack(t *testing.T) {
	for spec, want := range map[string]plan.Faults{
		"on":                       plan.On(),
		"off":                      {},
		"slow=5,never=6,kill=7":    {Slow: 5, Never: 6, Kill: 7},
		"kill=100":                 {Kill: 100},
		"never=0":                  {},
		"kill=30,slow=40,never=30": {Slow: 40, Never: 30, Kill: 30},
	} {
		var got plan.Faults
		require.NoError(t, got.Set(spec), spec)
		require.Equal(t, want, got, spec)
		var again plan.Faults
		require.NoError(t, again.Set(got.String()))
		require.Equal(t, got, again)
	}
}

func TestBadFaultsAreRefusedAndChangeNothing(t *testing.T) {
	for _, spec := range []string{
		"", "yes", "slow", "slow=", "slow=x", "slow=-1", "slow=101", "fast=5", "slow=5,slow=5", "slow=50,never=51", "slow=5,", "slow=5;kill=5",
	} {
		got := plan.On()
		err := got.Set(spec)
		var bad *plan.SpecError
		require.ErrorAs(t, err, &bad, spec)
		require.Equal(t, spec, bad.Spec)
		require.Equal(t, plan.On(), got)
	}
}

func TestClassesHaveNames(t *testing.T) {
	names := map[string]bool{}
	for c := range plan.Classes {
		names[plan.Class(c).String()] = true
	}
	require.Equal(t, map[string]bool{"ok": true, "slow": true, "never": true, "kill": true}, names)
	require.Equal(t, "class(9)", plan.Class(9).String())
}
