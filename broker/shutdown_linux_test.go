package broker_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/internal/socktest"
	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
)

func TestShutdownSettlesWhatIsUnderWay(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c, silent := w.dial(), w.dial()
	c.hello(t, "")
	o := p.offer()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.shutdown()
	}()
	silent.ended(t)
	select {
	case <-done:
		require.Fail(t, "shut down with an offer undecided")
	case <-time.After(20 * time.Millisecond):
	}
	p.ack(o)
	p.commit(o)
	<-done
	p.gone()
	p.sayReady(o, "mine") // what it owns it keeps
	c.ready(t)
	c.hear(t, "mine")
}

func TestShutdownThatCannotWaitFences(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	p.offer()
	client, server := socktest.TCPPair(t)
	fenced := make(chan broker.Outcome, 1)
	go func() {
		o, _ := w.broker.Handoff(context.Background(), server, broker.Request{Service: service})
		fenced <- o
	}()
	p.offer()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	s, err := w.broker.Shutdown(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.EqualValues(t, 2, s.Fenced)
	require.EqualValues(t, 2, s.Registry.Abandoned)
	c.ended(t)
	_, err = client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, broker.Fenced, (<-fenced).Kind)
}

func TestShutdownMakesNoFurtherOffers(t *testing.T) {
	w := newWorld(t, patient())
	p := w.peer()
	c := w.dial()
	c.hello(t, "")
	o := p.offer()
	two := w.echoBackend("two", backend.Options{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.shutdown()
	}()
	for {
		late, err := net.Dial("unix", w.clients)
		if err != nil {
			break
		}
		late.Close()
	}
	p.nack(o, wire.ReasonBackendRejected)
	c.fallback(t)
	<-done
	require.Zero(t, two.Stats().Offers)
}

func TestShutdownCutsProxiesOff(t *testing.T) {
	w := newWorld(t, patient())
	target, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer target.Close()
	go socktest.EchoLines("target", target)
	client, server := socktest.TCPPair(t)
	_, err = w.broker.Handoff(context.Background(), server, broker.Request{Service: service, Proxy: target.Addr().String()})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err = w.broker.Shutdown(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = client.Read(make([]byte, 1))
	require.Error(t, err)
}

func TestShutdownDoesNotWaitForAHandshake(t *testing.T) {
	o := patient()
	o.Handshake = time.Hour
	w := newWorld(t, o)
	w.stranger()
	require.Eventually(t, func() bool { return w.broker.Stats().Links == 1 }, hang, time.Millisecond)
	w.shutdown()
}

// Backends are replaced one after the other under load, and no client notices.
func TestRollingRestartLosesNothing(t *testing.T) {
	w := newWorld(t, patient())
	old := w.backend(backend.Options{})
	go socktest.EchoLines("b", old)
	stop := make(chan struct{})
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				c := w.dial()
				c.hello(t, "x\n")
				c.ready(t)
				c.hear(t, "b: x")
				c.Close()
			}
		})
	}
	for range 10 {
		next := w.backend(backend.Options{})
		go socktest.EchoLines("b", next)
		time.Sleep(10 * time.Millisecond)
		require.NoError(t, old.Drain(context.Background()))
		old = next
	}
	close(stop)
	load.Wait()
	s := w.broker.Stats()
	require.Zero(t, s.Fallback)
	require.Zero(t, s.Fenced)
	require.Zero(t, s.Closed)
}

// It is no fault that Shutdown drops the links.
func TestShutdownWarnsOfNothing(t *testing.T) {
	var logged bytes.Buffer
	o := patient()
	o.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	w := newWorld(t, o)
	w.echoBackend("one", backend.Options{})
	w.shutdown()
	require.Contains(t, logged.String(), "level=INFO msg=\"link dropped\"")
	require.NotContains(t, logged.String(), "level=WARN")
}
