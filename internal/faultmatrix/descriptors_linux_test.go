package faultmatrix_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// socket is a descriptor of this process, and whom it goes to.
type socket struct {
	fd          int
	local, peer string // paths
	listens     bool
	pid         int // of the process at the other end, when it connected or listened
}

// sockets returns every socket that this process has open.
func sockets() ([]socket, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	var all []socket
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil {
			return nil, err
		}
		to, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err != nil || !strings.HasPrefix(to, "socket:") {
			continue // closed meanwhile, as that of the directory is
		}
		all = append(all, look(fd))
	}
	return all, nil
}

func look(fd int) socket {
	s := socket{fd: fd}
	if a, err := unix.Getsockname(fd); err == nil {
		s.local = path(a)
	}
	if a, err := unix.Getpeername(fd); err == nil {
		s.peer = path(a)
	}
	if n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil {
		s.listens = n == 1
	}
	if who, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
		s.pid = int(who.Pid)
	}
	return s
}

func path(a unix.Sockaddr) string {
	if a, ok := a.(*unix.SockaddrUnix); ok {
		return a.Name
	}
	return ""
}

// link finds this process's end of its link: of the broker, the one to a backend; of the
// client, its connection to the broker.
func (s *stage) link(pid int) ([]socket, error) {
	control := filepath.Join(s.Dir, controlSocket)
	return find(func(k socket) bool {
		switch s.Party {
		case "broker":
			return k.local == control && k.pid == pid
		case "backend":
			return k.peer == control
		}
		return filepath.Dir(k.peer) == s.Dir
	})
}

// copies finds this process's copies of the connection of the client.
func (s *stage) copies(pid int) ([]socket, error) {
	if s.Party == "client" {
		return s.link(pid)
	}
	control := filepath.Join(s.Dir, controlSocket)
	return find(func(k socket) bool {
		return filepath.Dir(k.local) == s.Dir && k.local != control && k.pid == pid
	})
}

func find(f func(socket) bool) ([]socket, error) {
	all, err := sockets()
	var found []socket
	for _, k := range all {
		if !k.listens && f(k) {
			found = append(found, k)
		}
	}
	return found, err
}

var errNoSocket = errors.New("this process has no such socket")

// some reports errNoSocket if there is none.
func some(found []socket, err error) error {
	if err == nil && len(found) == 0 {
		err = errNoSocket
	}
	return err
}

// cut loses a link: nothing that arrived is lost, and nothing arrives any more, as when
// its other end had gone. The descriptor stays open, since its user knows nothing of it.
func cut(found []socket, err error) error {
	if err := some(found, err); err != nil {
		return err
	}
	for _, k := range found {
		err = errors.Join(err, unix.Shutdown(k.fd, unix.SHUT_RDWR))
	}
	return err
}

// garbageSize is how many random bytes garbage is.
const garbageSize = 64

// spoil writes garbage on a link. Its first byte is no version of a frame, so that a
// reader of frames sees at once what it is.
func spoil(found []socket, err error) error {
	if err := some(found, err); err != nil {
		return err
	}
	var noise [garbageSize]byte
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	noise[0] |= 0x80
	for _, k := range found {
		n, sendErr := unix.SendmsgN(k.fd, noise[:], nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		if sendErr == nil && n < len(noise) {
			sendErr = unix.EAGAIN
		}
		err = errors.Join(err, sendErr)
	}
	return err
}

// block clears O_NONBLOCK: for every holder of a copy, since they share it.
func block(found []socket, err error) error {
	if err := some(found, err); err != nil {
		return err
	}
	for _, k := range found {
		err = errors.Join(err, unix.SetNonblock(k.fd, false))
	}
	return err
}

// openSockets is how many sockets are open; at the end there should be none.
func openSockets() (int, error) {
	all, err := sockets()
	return len(all), err
}
