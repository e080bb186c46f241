//go:build !linux && !darwin

package fdpass

import (
	"net"
	"os"
	"syscall"
	"time"
)

// Link cannot be made on this system.
type Link struct{}

// NewLink returns [ErrUnsupported].
func NewLink(*net.UnixConn, *Ledger) (*Link, error) { return nil, ErrUnsupported }

// TrySend returns [ErrUnsupported].
func (*Link) TrySend([]byte, int) (int, error) { return 0, ErrUnsupported }

// SendAll returns [ErrUnsupported].
func (*Link) SendAll([]byte, int, time.Time) (int, error) { return 0, ErrUnsupported }

// Recv returns [ErrUnsupported].
func (*Link) Recv([]byte) (Received, error) { return Received{}, ErrUnsupported }

// TryRecv returns [ErrUnsupported].
func (*Link) TryRecv([]byte) (Received, error) { return Received{}, ErrUnsupported }

// SetReadDeadline returns [ErrUnsupported].
func (*Link) SetReadDeadline(time.Time) error { return ErrUnsupported }

// ShutdownRead returns [ErrUnsupported].
func (*Link) ShutdownRead() error { return ErrUnsupported }

// AwaitHangup returns [ErrUnsupported].
func (*Link) AwaitHangup(time.Time) error { return ErrUnsupported }

// PeerCredentials returns [ErrUnsupported].
func (*Link) PeerCredentials() (Credentials, error) { return Credentials{}, ErrUnsupported }

// Close returns [ErrUnsupported].
func (*Link) Close() error { return ErrUnsupported }

// Clock returns [ErrUnsupported].
func Clock() (int64, error) { return 0, ErrUnsupported }

// TimeNamespace returns [ErrUnsupported].
func TimeNamespace() (dev, ino uint64, err error) { return 0, 0, ErrUnsupported }

// ShutdownBoth returns [ErrUnsupported].
func ShutdownBoth(int) error { return ErrUnsupported }

// SetNonblock returns [ErrUnsupported].
func SetNonblock(int) error { return ErrUnsupported }

// SetBlocking returns [ErrUnsupported].
func SetBlocking(int) error { return ErrUnsupported }

// Peek returns [ErrUnsupported].
func Peek(int, []byte) (int, error) { return 0, ErrUnsupported }

// TryRead returns [ErrUnsupported].
func TryRead(int, []byte) (int, error) { return 0, ErrUnsupported }

// PeerClosed reports false.
func PeerClosed(int) bool { return false }

// TryWrite returns [ErrUnsupported].
func TryWrite(int, []byte) (int, error) { return 0, ErrUnsupported }

// Close returns [ErrUnsupported].
func Close(int) error { return ErrUnsupported }

// Accept returns [ErrUnsupported].
func Accept(syscall.RawConn) (fd int, addr net.Addr, err error) { return -1, nil, ErrUnsupported }

// ListenerFile returns [ErrUnsupported].
func ListenerFile(net.Listener) (*os.File, error) { return nil, ErrUnsupported }

// NetConn returns [ErrUnsupported].
func NetConn(int) (net.Conn, error) { return nil, ErrUnsupported }
