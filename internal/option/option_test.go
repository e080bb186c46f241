package option_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/internal/option"
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
