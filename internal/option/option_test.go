package option_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/client"
	"github.com/handoff-go/handoff/compat"
	"github.com/handoff-go/handoff/fallback"
	"github.com/handoff-go/handoff/internal/option"
	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

func TestFill(t *testing.T) {
	zero, set, negative := 0, 3, -time.Second
	require.Nil(t, option.Fill("Zero", &zero, 5))
	require.Equal(t, 5, zero)
	require.Nil(t, option.Fill("Set", &set, 5))
	require.Equal(t, 3, set)
	require.Equal(t, &option.Error{Option: "Negative", Problem: "-1s is negative"}, option.Fill("Negative", &negative, 5))
	require.Equal(t, -time.Second, negative)
}

func TestEveryPackageWordsAnOptionErrorAlike(t *testing.T) {
	for pkg, err := range map[string]error{
		"backend":  &backend.OptionError{Option: "Queue", Problem: "-1 is negative"},
		"broker":   &broker.OptionError{Option: "Queue", Problem: "-1 is negative"},
		"client":   &client.OptionError{Option: "Queue", Problem: "-1 is negative"},
		"compat":   &compat.OptionError{Option: "Queue", Problem: "-1 is negative"},
		"fallback": &fallback.OptionError{Option: "Queue", Problem: "-1 is negative"},
		"registry": &registry.OptionError{Option: "Queue", Problem: "-1 is negative"},
	} {
		require.EqualError(t, err, pkg+": option Queue: -1 is negative")
	}
}
