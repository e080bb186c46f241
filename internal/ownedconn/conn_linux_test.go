package ownedconn_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/handoff-go/handoff/internal/ownedconn"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/stretchr/testify/require"
)

func TestPrefaceComesBeforeTheConnection(t *testing.T) {
	client, server := socktest.TCPPair(t)
	_, err := io.WriteString(client, " world")
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())
	c := ownedconn.Make(server, []byte("hello"))
	b := make([]byte, 2)
	_, err = io.ReadFull(&c, b)
	require.NoError(t, err)
	require.Equal(t, "llo", string(ownedconn.Unread(&c)))
	rest, err := io.ReadAll(struct{ io.Reader }{&c})
	require.NoError(t, err)
	require.Equal(t, "hello world", string(b)+string(rest))
	require.Empty(t, ownedconn.Unread(&c))
}

// Package os splices from a connection whose raw form lets it.
func TestPrefaceIsNotPassedByOnTheWayToAFile(t *testing.T) {
	client, server := socktest.TCPPair(t)
	_, err := io.WriteString(client, " world")
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())
	c := ownedconn.Make(server, []byte("hello"))
	path := filepath.Join(t.TempDir(), "file")
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	_, err = io.CopyN(f, &c, int64(len("hell")))
	require.NoError(t, err)
	_, err = f.ReadFrom(&c)
	require.NoError(t, err)
	copied, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "hello world", string(copied))
}

// The other way by which package net takes bytes from a connection without a Read of its own.
func TestPrefaceIsNotPassedByOnTheWayToAConnection(t *testing.T) {
	client, server := socktest.TCPPair(t)
	_, err := io.WriteString(client, " world")
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())
	far, near := socktest.TCPPair(t)
	c := ownedconn.Make(server, []byte("hello"))
	_, err = io.CopyN(near, &c, int64(len("hell")))
	require.NoError(t, err)
	_, err = near.ReadFrom(&c)
	require.NoError(t, err)
	require.NoError(t, near.CloseWrite())
	copied, err := io.ReadAll(far)
	require.NoError(t, err)
	require.Equal(t, "hello world", string(copied))
}

// half takes a few bytes, and then fails.
type half struct{ strings.Builder }

var errFull = errors.New("full")

func (h *half) Write(b []byte) (int, error) {
	n, _ := h.Builder.Write(b[:len(b)/2])
	return n, errFull
}

func TestWriteToKeepsWhatItsWriterDidNotTake(t *testing.T) {
	client, server := socktest.TCPPair(t)
	_, err := io.WriteString(client, "!")
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())
	c := ownedconn.Make(server, []byte("abcdef"))
	var first half
	n, err := c.WriteTo(&first)
	require.ErrorIs(t, err, errFull)
	require.EqualValues(t, 3, n)
	var second strings.Builder
	n, err = c.WriteTo(&second)
	require.NoError(t, err)
	require.EqualValues(t, 4, n)
	require.Equal(t, "abcdef!", first.String()+second.String())
}

// What a caller appends to the unread bytes must not reach those of the connection.
func TestUnreadCannotBeExtendedInPlace(t *testing.T) {
	_, server := socktest.TCPPair(t)
	preface := []byte("abcd")
	c := ownedconn.Make(server, preface[:2])
	_ = append(ownedconn.Unread(&c), 'x')
	require.Equal(t, "abcd", string(preface))
}

func TestCloseEndsEveryCopy(t *testing.T) {
	client, server := socktest.TCPPair(t)
	copied, err := server.File()
	require.NoError(t, err)
	defer copied.Close()
	c := ownedconn.Make(server, nil)
	require.NoError(t, c.Close())
	_, err = client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

func TestDetachEndsNoCopy(t *testing.T) {
	client, server := socktest.TCPPair(t)
	c := ownedconn.Make(server, nil)
	f, err := ownedconn.Detach(&c)
	require.NoError(t, err)
	defer f.Close()
	_, err = server.Write([]byte("x"))
	require.ErrorIs(t, err, net.ErrClosed)
	_, err = f.WriteString("still open")
	require.NoError(t, err)
	b := make([]byte, len("still open"))
	_, err = io.ReadFull(client, b)
	require.NoError(t, err)
}

// Nothing that is promoted to a user's connection reaches the socket past the preface.
func TestMethodsOfAConnection(t *testing.T) {
	conn := reflect.TypeFor[*ownedconn.Returned]()
	var methods []string
	for i := range conn.NumMethod() {
		methods = append(methods, conn.Method(i).Name)
	}
	require.Equal(t, []string{
		"Close", "CloseRead", "CloseWrite", "LocalAddr", "Read",
		"ReadFrom", "RemoteAddr", "SetDeadline", "SetReadDeadline", "SetWriteDeadline",
		"SyscallConn", "Write", "WriteTo",
	}, methods)
}
