//go:build !linux && !darwin

package compat_test

import (
	"context"
	"net"
	"testing"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/compat"
	"github.com/stretchr/testify/require"
)

func TestAcceptSaysThatItIsUnsupported(t *testing.T) {
	_, err := compat.Accept(context.Background(), new(net.UnixConn), "echo")
	var e *broker.UnsupportedError
	require.ErrorAs(t, err, &e)
}
