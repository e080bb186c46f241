package demo_test

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/cmd/handoff/internal/demo"
	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// lieVariable names what backend-1 does in place of its work; backend-2 is
// honest.
const lieVariable = "HANDOFF_TEST_LIE"

// dying is the lie that ends with the process.
const dying = "half an ACK"

// lies are what a backend may answer to its first offer, and what the ledger says of it.
var lies = map[string]struct {
	complaint string
	answer    func(offer *wire.Offer) []byte
}{
	"no frame":         {`was dropped: .*cannot be read`, func(*wire.Offer) []byte { return []byte("HTTP/1.1 200 OK\r\n\r\n") }},
	"a frame too long": {`was dropped: .*cannot be read`, func(*wire.Offer) []byte { return []byte{wire.Version, 255, 255, 255, 255, 0, 0} }},
	"a broker's word": {`was dropped: .*cannot be read`, func(o *wire.Offer) []byte {
		return (&wire.Commit{Token: o.Token, CorrelationID: o.CorrelationID}).Append(nil)
	}},
	"a foreign token": {`backend-1/\d+ ended`, func(o *wire.Offer) []byte {
		b := o.Token.Bytes()
		b[3] ^= 1
		foreign, _ := registry.ParseToken(b[:])
		return (&wire.Ack{Token: foreign, CorrelationID: o.CorrelationID, Accepted: true}).Append(nil)
	}},
	"an ACK and again": {`backend-1/\d+ ended`, func(o *wire.Offer) []byte {
		once := ack(o)
		return append(once, once...)
	}},
	dying: {`backend-1/\d+ ended`, func(o *wire.Offer) []byte { return ack(o)[:20] }},
}

func ack(o *wire.Offer) []byte {
	return (&wire.Ack{Token: o.Token, CorrelationID: o.CorrelationID, Accepted: true}).Append(nil)
}

// lie is the main function of the backends while lieVariable is set.
func lie(args []string) int {
	dir := ""
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--dir="); ok {
			dir = value
		}
	}
	if !slices.Contains(args, "--name=backend-1") {
		return demo.RoleMain("demo-backend", args, os.Stderr)
	}
	conn, err := net.Dial("unix", filepath.Join(dir, "control"))
	if err != nil {
		return 9
	}
	// Without the right time namespace it has no lease, so its ACKs own nothing.
	hello := wire.LinkHello{Version: wire.LinkVersion, Service: "ok"}
	if _, err := conn.Write(hello.Append(nil)); err != nil {
		return 9
	}
	go func() { // it ends when it is told to, at the latest
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	told := false
	for {
		frame, err := wire.ReadFrame(conn, wire.MaxOffer) // not by recvmsg: the kernel closes the descriptor
		if err != nil {
			return 0 // the broker has ended the link
		}
		m, err := wire.Parse(frame)
		if err != nil {
			return 9
		}
		var answer []byte
		name := os.Getenv(lieVariable)
		switch m := m.(type) {
		case *wire.Ping:
			answer = (&wire.Pong{Nonce: m.Nonce, Clock: 1}).Append(nil)
		case *wire.Welcome:
			_ = json.NewEncoder(os.Stdout).Encode(map[string]bool{"Linked": true})
		case *wire.Offer:
			if !told {
				answer = lies[name].answer(m)
			}
			told = true
		}
		if len(answer) > 0 {
			if _, err := conn.Write(answer); err != nil {
				return 9
			}
		}
		if told && name == dying {
			return 0
		}
	}
}

func TestLyingBackendsCostOnlyWhatTheyHold(t *testing.T) {
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			t.Setenv(lieVariable, name)
			ledger, err := demo.Run(limited(t), demo.Config{Seed: 1, Connections: 20, Parallel: 4}, io.Discard)
			require.NoError(t, err)
			requireNobodyLost(t, ledger)
			require.Regexp(t, lie.complaint, ledger.Check())
		})
	}
}
