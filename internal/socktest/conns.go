package socktest

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"
)

// hang is how long a client's end waits for anything: a test that would hang fails by then.
const hang = time.Minute

// TCPPair returns the two ends of a TCP connection over loopback. They are closed when the test ends.
func TCPPair(t testing.TB) (client, server *net.TCPConn) {
	t.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(t, err)
	defer ln.Close()
	client, err = net.DialTCP("tcp", nil, ln.Addr().(*net.TCPAddr))
	check(t, err)
	t.Cleanup(func() { client.Close() })
	server, err = ln.AcceptTCP()
	check(t, err)
	t.Cleanup(func() { server.Close() })
	check(t, client.SetDeadline(time.Now().Add(hang)))
	return client, server
}

// EchoLines answers each line of each connection of ln with name, a colon and the line, until ln is
// closed.
func EchoLines(name string, ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			lines := bufio.NewScanner(c)
			for lines.Scan() {
				if _, err := fmt.Fprintf(c, "%s: %s\n", name, lines.Text()); err != nil {
					return
				}
			}
		}()
	}
}

// check ends the test if there is an error.
func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
