package backend_test

import (
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

// The descriptor came, and the rest of its offer never does: the copy must not outlive the link, or
// the client would wait on a connection that nobody serves (G10).
func TestEndOfTheLinkClosesTheCopyOfAHalfOffer(t *testing.T) {
	for name, end := range map[string]func(b *broker, ln *backend.Listener){
		"the broker ends it":  func(b *broker, _ *backend.Listener) { require.NoError(t, b.link.link.Close()) },
		"the backend ends it": func(_ *broker, ln *backend.Listener) { require.NoError(t, ln.Close()) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBroker(t, wire.ModeLease)
			ln := b.listen(backend.Options{})
			o, fd := b.newOffer(long)
			b.write(o.Append(nil)[:10], fd)
			closeFD(t, fd)
			b.awaitAllRead()
			require.Equal(t, backend.Descriptors{Opened: 1, Open: 1}, ln.Stats().Descriptors)
			end(b, ln)
			o.readEnd(t)
		})
	}
}

// The same for what came with a handshake that fails.
func TestFailedHandshakeClosesWhatCameWithIt(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	ln := b.listen(backend.Options{})
	require.NoError(t, b.link.link.Close())
	b.accept()
	_, ok := b.read().(*wire.LinkHello)
	require.True(t, ok)
	o, fd := b.newOffer(long)
	b.write([]byte("garbage"), fd)
	closeFD(t, fd)
	o.readEnd(t)
	b.welcome() // it dials again
	b.ping()
	require.EqualValues(t, 2, ln.Stats().Links)
}

// A link whose handshake ends after Close is closed, and not adopted: nobody would close it later.
func TestLinkThatComesUpAfterCloseIsNotAdopted(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	o, reached, resume := stoppingAt(backend.OpLinkUp, 2)
	ln := b.listen(o)
	require.NoError(t, b.link.link.Close())
	b.accept()
	_, ok := b.read().(*wire.LinkHello)
	require.True(t, ok)
	b.send(&wire.Welcome{Version: wire.LinkVersion, Mode: b.mode, MaxInFlight: 64, AckDeadline: time.Second})
	<-reached
	closed := make(chan error, 1)
	go func() { closed <- ln.Close() }()
	_, err := ln.Accept() // it returns once the listener is closed for Accepts
	require.Error(t, err)
	close(resume)
	select {
	case err := <-closed:
		require.NoError(t, err)
	case <-time.After(hang):
		require.Fail(t, "Close hangs")
	}
	b.readEOF()
	require.EqualValues(t, 1, ln.Stats().Links)
}

// An offer that is read while the listener closes is rejected, and its copy closed first: the broker
// can offer the connection elsewhere at once.
func TestOfferThatIsReadAfterCloseIsRejected(t *testing.T) {
	b := newBroker(t, wire.ModeLease)
	o, reached, resume := stopping(backend.OpReadOffer)
	ln := b.listen(o)
	offer := b.offer(long)
	<-reached
	closed := make(chan error, 1)
	go func() { closed <- ln.Close() }()
	_, err := ln.Accept() // it returns once the listener is closed for Accepts
	require.Error(t, err)
	close(resume)
	b.readNack(offer, wire.ReasonDraining)
	offer.readEnd(t)
	require.NoError(t, <-closed)
	b.readEOF()
}
