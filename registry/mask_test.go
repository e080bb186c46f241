package registry

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The mask itself is a token like any other, and so is what it maps to zero.
func TestMaskIsABijection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "raw"))
		require.Equal(t, raw, masked(masked(raw)))
	})
	require.NotZero(t, mask)
	require.Equal(t, mask, masked(mask))
	require.Equal(t, [16]byte{}, masked([16]byte{}))
	token, err := ParseToken(mask[:])
	require.NoError(t, err)
	require.False(t, token.IsZero())
	require.Equal(t, mask, token.Bytes())
}
