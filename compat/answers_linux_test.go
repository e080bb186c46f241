package compat_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/compat"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

var answerRounds = flag.Int("compat.answers", 3, "how many clients each answer of a backend of the older form is tried with")

// answer is one way in which a backend of the older form answers an offer.
type answer struct {
	name  string
	write func(p *oldPeer) []byte // nil: nothing is written
	then  after
	how   manner
}

// manner is how an answer is written.
type manner int

const (
	whole          manner = iota
	bytewise              // one byte at a time
	withDescriptor        // with a descriptor, which no answer has
)

// after is what the backend does when it has written its answer.
type after int

const (
	serves     after = iota // it serves, and keeps its link meanwhile
	leaves                  // it ends its link, and serves
	drops                   // it closes its copy and its link
	dropsFirst              // it closes its copy before it writes
	holds                   // it keeps its copy and its link until the broker ends the link
)

func (p *oldPeer) answer(a answer) error {
	if err := p.receive(); err != nil {
		return err
	}
	if a.then == dropsFirst {
		p.drop()
	}
	if a.write != nil {
		if err := p.send(a.write(p), a.how); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	switch a.then {
	case leaves:
		p.endLink()
		return p.serve()
	case serves:
		return p.serve()
	case drops:
		p.drop()
	case holds:
		p.awaitEnd()
		p.drop()
	}
	return nil
}

// answered is a handoff whose answer has been read.
type answered struct {
	broker.Outcome
	client *net.TCPConn
	served chan error // the peer's result
}

var question = bytes.Repeat([]byte("is all of this echoed? "), 1000)

// ask hands a connection over to a backend that gives this answer. The client has written half of
// what it asks by then, and writes the rest when the outcome is known.
func (w *world) ask(a answer) answered {
	t := w.t
	ours, link := rawLink(t)
	client, server := socktest.TCPPair(t)
	_, err := client.Write(question[:len(question)/2])
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() {
		p := oldPeer{link: link, fd: -1}
		err := p.answer(a)
		p.endLink()
		served <- err
	}()
	o, err := w.sender.Handoff(t.Context(), server, ours, compat.Request{Service: oldService})
	require.NoError(t, err)
	if o.Kind != broker.Fenced {
		_, err = client.Write(question[len(question)/2:])
		require.NoError(t, err)
		require.NoError(t, client.CloseWrite())
	}
	return answered{o, client, served}
}

// rawLink returns a link: the sender's end, and the peer's, which blocks.
func rawLink(t *testing.T) (*net.UnixConn, int) {
	t.Helper()
	ours, theirs := unixPair(t)
	raw, err := theirs.SyscallConn()
	require.NoError(t, err)
	var link int
	var inner error
	require.NoError(t, raw.Control(func(fd uintptr) { link, inner = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) }))
	require.NoError(t, inner)
	require.NoError(t, theirs.Close())
	require.NoError(t, unix.SetNonblock(link, false))
	return ours, link
}

func (a answered) requireEchoed(t *testing.T) {
	t.Helper()
	got, err := io.ReadAll(a.client)
	require.NoError(t, err)
	require.True(t, bytes.Equal(question, got), "%d of %d bytes came back", len(got), len(question))
}

// requireUsable checks that the connection which came back is one that package net can use, and
// echoes.
func (a answered) requireUsable(t *testing.T) {
	t.Helper()
	raw, err := a.Conn.(syscall.Conn).SyscallConn()
	require.NoError(t, err)
	var flags int
	var inner error
	require.NoError(t, raw.Control(func(fd uintptr) { flags, inner = unix.FcntlInt(fd, unix.F_GETFL, 0) }))
	require.NoError(t, inner)
	require.NotZero(t, flags&unix.O_NONBLOCK, "the connection came back in blocking mode")
	require.NoError(t, a.Conn.SetDeadline(time.Now().Add(hang)))
	_, err = io.Copy(a.Conn, a.Conn)
	require.NoError(t, err)
	require.NoError(t, a.Conn.Close())
	a.requireEchoed(t)
}

// requireFenced checks that the client's connection has ended without a byte. It may have been reset,
// because nobody read what the client wrote.
func (a answered) requireFenced(t *testing.T) {
	t.Helper()
	n, err := a.client.Read(make([]byte, 1))
	require.Zero(t, n)
	require.Error(t, err)
	require.NotErrorIs(t, err, syscall.ETIMEDOUT)
}

// tryAnswers tries each answer with several clients.
func tryAnswers(t *testing.T, deadline time.Duration, answers []answer, check func(*testing.T, answered)) {
	for _, a := range answers {
		t.Run(a.name, func(t *testing.T) {
			w := newWorldOf(t, registry.Options{AckDeadline: deadline})
			for range *answerRounds {
				r := w.ask(a)
				check(t, r)
				require.NoError(t, <-r.served)
			}
		})
	}
}

func TestAnswersThatAdopt(t *testing.T) {
	ack := func(p *oldPeer) []byte { return p.frame(p.accept()).bytes() }
	with := func(more func(*oldPeer) []byte) func(*oldPeer) []byte {
		return func(p *oldPeer) []byte { return p.frame(append(p.accept(), more(p)...)).bytes() }
	}
	tryAnswers(t, patient, []answer{
		{"an ACK", ack, serves, whole},
		{"an ACK, and the link ends", ack, leaves, whole},
		{"an ACK, a byte at a time", ack, serves, bytewise},
		{"an ACK with a descriptor", ack, serves, withDescriptor},
		{"its token comes last", func(p *oldPeer) []byte {
			return p.frame(text(number(number(nil, 4, p.correlation), 2, 1), 1, p.token)).bytes()
		}, serves, whole},
		{"the last value of a field counts", func(p *oldPeer) []byte {
			return p.frame(append(number(text(nil, 1, make([]byte, 16)), 2, 0), p.accept()...)).bytes()
		}, serves, whole},
		{"an empty text", with(func(*oldPeer) []byte { return text(nil, 3, nil) }), serves, whole},
		{"a text", with(func(*oldPeer) []byte { return text(nil, 3, []byte("welcome")) }), serves, whole},
		{"a text above 3 KiB", with(func(*oldPeer) []byte { return text(nil, 3, make([]byte, 3<<10+1)) }), serves, whole},
		{"unknown fields", with(func(*oldPeer) []byte { return text(number(nil, 5, 1<<63), 9, []byte{0xff}) }), serves, whole},
		{"groups 100 deep", with(func(*oldPeer) []byte { return groups(100) }), serves, whole},
		{"numbers longer than need be", with(func(*oldPeer) []byte { return []byte{0x10, 0x81, 0x80, 0x00} }), serves, whole},
		{"an envelope with a deadline and a trace", func(p *oldPeer) []byte {
			f := p.frame(p.accept())
			f.more = text(text(number(nil, 7, 1<<40), 8, []byte("00-1-2-01")), 9, []byte("a=b"))
			return f.bytes()
		}, serves, whole},
		{"bytes behind the ACK", func(p *oldPeer) []byte { return append(ack(p), "garbage"...) }, serves, whole},
		{"two ACKs", func(p *oldPeer) []byte { return append(ack(p), ack(p)...) }, serves, whole},
		{"an ACK, then a rejection", func(p *oldPeer) []byte { return append(ack(p), p.frame(p.reject("no")).bytes()...) }, serves, whole},
	}, func(t *testing.T, r answered) {
		require.Equal(t, broker.Adopted, r.Kind)
		r.requireEchoed(t)
	})
}

func TestAnswersThatGiveBack(t *testing.T) {
	no := func(detail string) func(*oldPeer) []byte {
		return func(p *oldPeer) []byte { return p.frame(p.reject(detail)).bytes() }
	}
	answers := []answer{
		{"without a text", func(p *oldPeer) []byte { return p.frame(number(text(nil, 1, p.token), 4, p.correlation)).bytes() }, dropsFirst, whole},
		{"with accepted written as false", func(p *oldPeer) []byte { return p.frame(number(p.reject("no"), 2, 0)).bytes() }, dropsFirst, whole},
		{"a rejection, and the link stays open", no("no"), holds, whole},
		{"a rejection, a byte at a time", no("no"), holds, bytewise},
		{"a rejection, then an ACK", func(p *oldPeer) []byte { return append(no("no")(p), p.frame(p.accept()).bytes()...) }, dropsFirst, whole},
		{"in 100 groups", func(p *oldPeer) []byte { return p.frame(append(p.reject("no"), groups(100)...)).bytes() }, dropsFirst, whole},
	}
	for _, length := range []int{1, 3 << 10, 3<<10 + 1, 4<<10 - 50, 4 << 10, 64 << 10, 1 << 20} {
		answers = append(answers, answer{fmt.Sprintf("with a text of %d bytes", length), no(strings.Repeat("x", length)), dropsFirst, whole})
	}
	tryAnswers(t, patient, answers, func(t *testing.T, r answered) {
		require.Equal(t, broker.Fallback, r.Kind)
		require.True(t, r.Settled)
		require.Equal(t, 1, r.Attempts)
		r.requireUsable(t)
	})
}

func TestAnswersThatGiveBackUnsettled(t *testing.T) {
	half := func(p *oldPeer) []byte { b := p.frame(p.accept()).bytes(); return b[:len(b)-1] }
	tryAnswers(t, patient, []answer{
		{"none, and the link ends", nil, drops, whole},
		{"none, and the link ends after the copy", nil, dropsFirst, whole},
		{"an ACK without its last byte, and the link ends", half, drops, whole},
	}, func(t *testing.T, r answered) {
		require.Equal(t, broker.Fallback, r.Kind)
		require.False(t, r.Settled)
		r.requireUsable(t)
	})
}

func TestAnswersThatFence(t *testing.T) {
	of := func(payload func(*oldPeer) []byte) func(*oldPeer) []byte {
		return func(p *oldPeer) []byte { return p.frame(payload(p)).bytes() }
	}
	change := func(change func(*oldFrame)) func(*oldPeer) []byte {
		return func(p *oldPeer) []byte { f := p.frame(p.accept()); change(&f); return f.bytes() }
	}
	tokenOf := func(b []byte) func(*oldPeer) []byte {
		return of(func(p *oldPeer) []byte { return number(number(text(nil, 1, b), 2, 1), 4, p.correlation) })
	}
	answers := []answer{
		{"of HTTP", func(*oldPeer) []byte { return []byte("HTTP/1.1 200 OK\r\n\r\n") }, holds, whole},
		{"an empty frame", func(*oldPeer) []byte { return []byte{1, 0, 0, 0, 0} }, holds, whole},
		{"another token", tokenOf(bytes.Repeat([]byte{7}, 16)), holds, whole},
		{"the zero token", tokenOf(make([]byte, 16)), holds, whole},
		{"a token of 15 bytes", tokenOf(make([]byte, 15)), holds, whole},
		{"no token", tokenOf(nil), holds, whole},
		{"another correlation id", of(func(p *oldPeer) []byte { return number(p.accept(), 4, p.correlation+1) }), holds, whole},
		{"another request id", change(func(f *oldFrame) { f.requestID++ }), holds, whole},
		{"as an event", change(func(f *oldFrame) { f.kind = 2 }), holds, whole},
		{"in another protocol", change(func(f *oldFrame) { f.protocol = 0 }), holds, whole},
		{"of another version", change(func(f *oldFrame) { f.version = 2 }), holds, whole},
		{"compressed", change(func(f *oldFrame) { f.encoding = 1 }), holds, whole},
		{"a text that is not UTF-8", of(func(p *oldPeer) []byte { return p.reject("\xff") }), holds, whole},
		{"groups 101 deep", of(func(p *oldPeer) []byte { return append(p.accept(), groups(101)...) }), holds, whole},
		{"a frame above 16 MiB", func(*oldPeer) []byte { return []byte{1, 1, 0, 0, 1} }, holds, whole},
	}
	check := func(t *testing.T, r answered) {
		require.Equal(t, broker.Fenced, r.Kind)
		r.requireFenced(t)
	}
	tryAnswers(t, patient, answers, check)
	tryAnswers(t, quick, []answer{
		{"none in time", nil, holds, whole},
		{"a part of one in time", func(p *oldPeer) []byte { b := p.frame(p.accept()).bytes(); return b[:len(b)-1] }, holds, whole},
	}, check)
}
