package demo_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/demo"
	"github.com/handoff-go/handoff/cmd/handoff/internal/link"
	"github.com/handoff-go/handoff/registry"
)

// lieVariable names what backend-1 does in place of its work; backend-2 is
// honest.
const lieVariable = "HANDOFF_TEST_LIE"

// dying is the lie that ends with the process.
const dying = "half an ACK"

// lies are what a backend may answer to its first offer. Each breaks the
// protocol, and the broker ends the link with the complaint given here.
var lies = map[string]struct {
	complaint string
	answer    func(offer link.Frame) []byte
}{
	"no frame": {"no such kind", func(link.Frame) []byte {
		return []byte("HTTP/1.1 200 OK\r\n\r\n")
	}},
	"a frame too long": {"a body of 4294967295 bytes", func(link.Frame) []byte {
		return append([]byte{byte(link.Ack), 255, 255, 255, 255}, make([]byte, 8)...)
	}},
	"a broker's frame": {"sends no frames of kind 4", func(o link.Frame) []byte {
		return mustAppend(nil, link.Frame{Kind: link.Answer, ID: o.ID, Verdict: link.Commit})
	}},
	"a foreign token": {"not offered", func(o link.Frame) []byte {
		b := o.Token.Bytes()
		b[3] ^= 1
		foreign, _ := registry.ParseToken(b[:])
		return mustAppend(nil, link.Frame{Kind: link.Ack, ID: o.ID, Token: foreign})
	}},
	"a foreign id": {"not offered", func(o link.Frame) []byte {
		return mustAppend(nil, link.Frame{Kind: link.Ack, ID: o.ID + 1_000_000, Token: o.Token})
	}},
	"an ACK and again": {"not offered", func(o link.Frame) []byte {
		ack := mustAppend(nil, link.Frame{Kind: link.Ack, ID: o.ID, Token: o.Token})
		return append(ack, ack...)
	}},
	dying: {"(unexpected EOF|connection reset|broken pipe)", func(o link.Frame) []byte {
		return mustAppend(nil, link.Frame{Kind: link.Ack, ID: o.ID, Token: o.Token})[:20]
	}},
}

func mustAppend(dst []byte, f link.Frame) []byte {
	b, err := link.Append(dst, f)
	if err != nil {
		panic(err)
	}
	return b
}

// lie is the main function of the backends while lieVariable is set.
func lie(args []string) int {
	const self = "backend-1"
	if !slices.Contains(args, "--name="+self) {
		return demo.RoleMain("demo-backend", args, os.Stderr)
	}
	file := os.NewFile(3, "link")
	conn, err := net.FileConn(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return 9
	}
	hello := link.Frame{Kind: link.Hello, Name: fmt.Sprintf("%s/%d", self, os.Getpid())}
	if _, err := conn.Write(mustAppend(nil, hello)); err != nil {
		return 9
	}
	offer, err := link.Read(conn) // not by recvmsg: the kernel closes the descriptor
	if err != nil {
		return 9
	}
	name := os.Getenv(lieVariable)
	if _, err := conn.Write(lies[name].answer(offer)); err != nil {
		return 9
	}
	if name != dying {
		_, _ = io.Copy(io.Discard, conn) // the broker must be the one to end the link
	}
	return 0
}

func TestLyingBackendsCostOnlyTheirLink(t *testing.T) {
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			t.Setenv(lieVariable, name)
			ledger, err := demo.Run(limited(t), demo.Config{Seed: 1, Connections: 20, Parallel: 4}, io.Discard)
			require.NoError(t, err)
			requireNobodyLost(t, ledger)
			require.Regexp(t, "broker: backend-1/[0-9]+ ended: link .*"+lie.complaint, ledger.Check())
		})
	}
}
