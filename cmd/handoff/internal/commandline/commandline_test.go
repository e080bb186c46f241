package commandline_test

import (
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/cmd/handoff/internal/commandline"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		code int
		ok   bool
		says string
	}{
		"flags":           {[]string{"-n", "3"}, 0, true, ""},
		"help":            {[]string{"-h"}, 0, false, "a number"},
		"an unknown flag": {[]string{"-x"}, 2, false, "-x"},
		"an argument":     {[]string{"-n", "3", "more"}, 2, false, `handoff x: unexpected argument "more"`},
		"an odd value":    {[]string{"-n", "-3"}, 2, false, "handoff x: n is negative"},
	} {
		t.Run(name, func(t *testing.T) {
			var said strings.Builder
			flags := flag.NewFlagSet("handoff x", flag.ContinueOnError)
			flags.SetOutput(&said)
			n := flags.Int("n", 0, "a number")
			code, ok := commandline.Parse(flags, test.args, func() error {
				if *n < 0 {
					return errors.New("n is negative")
				}
				return nil
			})
			require.Equal(t, test.code, code)
			require.Equal(t, test.ok, ok)
			require.Contains(t, said.String(), test.says)
		})
	}
}

func TestUnsupportedErrorIsErrUnsupported(t *testing.T) {
	err := &commandline.UnsupportedError{Command: "the demo"}
	require.ErrorIs(t, err, errors.ErrUnsupported)
	require.ErrorContains(t, err, "the demo passes descriptors")
}
