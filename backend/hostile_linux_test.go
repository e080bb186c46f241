package backend_test

import (
	"os"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestOfferWithoutItsDescriptorIsRejected(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o, fd := b.newOffer(long)
	b.write(o.Append(nil), -1)
	b.readNack(o, wire.ReasonDescriptorMissing)
	closeFD(t, fd)
	next := b.offer(long) // it has its own descriptor
	accept(t, accepted)
	b.readAck(next)
}

// Of two offers in one read the first has no descriptor: it does not get that of the second.
func TestDescriptorsAreMatchedByWhereTheyCame(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	o, reached, resume := stopping(backend.OpReadOffer)
	ln := b.listen(o)
	first := b.offer(long)
	<-reached // the reader is stopped, so what follows is received in one read
	without, fd := b.newOffer(long)
	closeFD(t, fd)
	with, fd := b.newOffer(long)
	b.write(without.Append(nil), -1)
	b.write(with.Append(nil), fd)
	closeFD(t, fd)
	close(resume)
	b.readNack(without, wire.ReasonDescriptorMissing)
	for _, o := range []offered{first, with} {
		c := accept(t, startAccept(ln))
		require.Equal(t, o.client.LocalAddr(), c.RemoteAddr())
		b.readAck(o)
	}
}

func TestDescriptorInTheMiddleOfAnOfferIsNotItsOwn(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	b.listen(backend.Options{})
	o, fd := b.newOffer(long)
	frame := o.Append(nil)
	b.write(frame[:10], -1)
	b.awaitAllRead()
	b.write(frame[10:], fd)
	closeFD(t, fd)
	b.readNack(o, wire.ReasonDescriptorMissing)
	o.readEnd(t)
}

func TestOfferInPiecesKeepsItsDescriptor(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o, fd := b.newOffer(long)
	frame := o.Append(nil)
	b.write(frame[:1], fd)
	for _, piece := range frame[1:] {
		b.write([]byte{piece}, -1)
	}
	closeFD(t, fd)
	accept(t, accepted)
	b.readAck(o)
}

func TestSurplusDescriptorsAreClosed(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o, fd := b.newOffer(long)
	ping := wire.Ping{Nonce: 5}
	b.write(ping.Append(nil), fd) // which brings no descriptor
	_, ok := b.read().(*wire.Pong)
	require.True(t, ok)
	frame := o.Append(nil)
	b.write(frame[:10], fd)
	b.awaitAllRead()
	b.write(frame[10:], fd) // with the middle of an offer
	closeFD(t, fd)
	c := accept(t, accepted)
	b.readAck(o)
	s := ln.Stats().Descriptors
	require.Equal(t, backend.Descriptors{Opened: 3, Closed: 2, Adopted: 1}, s)
	require.NoError(t, c.Close())
	o.readEnd(t)
}

func TestOfferOfAnotherServiceIsRejected(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	startAccept(ln)
	o := b.offer(long, func(o *wire.Offer) { o.Service = "other" })
	b.readNack(o, wire.ReasonIntegrityMismatch)
	o.readEnd(t)
}

func TestDescriptorThatIsNoSocketIsClosed(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	accepted := startAccept(ln)
	o, fd := b.newOffer(long)
	closeFD(t, fd)
	file, err := os.Open("/dev/null")
	require.NoError(t, err)
	b.write(o.Append(nil), int(file.Fd()))
	file.Close()
	b.readAck(o)
	next := b.offer(long)
	c := accept(t, accepted)
	require.Equal(t, next.client.LocalAddr(), c.RemoteAddr())
}

func TestGarbageEndsTheLink(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	o := b.offer(long)
	b.write([]byte("garbage"), -1)
	b.readEOF()
	o.readEnd(t)
	b.welcome()
	b.ping()
	require.EqualValues(t, 2, ln.Stats().Links)
	require.True(t, b.trace.has(backend.OpDrainLink), "the rest of the queue was read")
}

func TestRepeatedCorrelationEndsTheLink(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	b.listen(backend.Options{})
	first := b.offer(long)
	second := b.offer(long, func(o *wire.Offer) { o.CorrelationID = first.CorrelationID })
	b.readEOF()
	first.readEnd(t)
	second.readEnd(t)
}

// Flags and options are the connection's, which all copies share.
func TestHolderChangesNoFlagAndNoOption(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	b.listen(backend.Options{})
	o, fd := b.newOffer(long)
	require.NoError(t, unix.SetNonblock(fd, false))
	require.NoError(t, unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 0))
	b.write(o.Append(nil), fd)
	b.ping()
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	require.NoError(t, err)
	require.Zero(t, flags&unix.O_NONBLOCK)
	nodelay, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
	require.NoError(t, err)
	require.Zero(t, nodelay)
	b.revoke(o)
	closeFD(t, fd)
	o.readEnd(t)
}

func TestLinkEndsWhenTheBrokerDoesNotRead(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	b.listen(backend.Options{WriteTimeout: 50 * time.Millisecond})
	ping := wire.Ping{Nonce: 1}
	frame := ping.Append(nil)
	require.Eventually(t, func() bool { // until the pongs fill its queue
		_, err := b.link.link.SendAll(frame, -1, time.Now().Add(time.Second))
		return err != nil
	}, 20*time.Second, time.Microsecond)
	require.NoError(t, b.link.link.Close())
	b.welcome()
}
