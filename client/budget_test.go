package client_test

import (
	"errors"
	"io"
	"math"
	"net"
	"os"
	"testing"
	"time"

	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

func TestBrokerThatNeverReplies(t *testing.T) {
	w := newFixture(t, scriptedBroker(t, nil))
	w.dialer.ReplyTimeout = 50 * time.Millisecond
	began := time.Now() // before the client's own clock
	c := w.dial()
	_, err := c.Read(make([]byte, 1))
	require.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
	var doubt *client.InDoubtError
	require.ErrorAs(t, err, &doubt)
	require.ErrorIs(t, err, client.ErrSilent)
	require.False(t, doubt.Replied)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded) // to set another deadline is of no use
}

func TestSilenceIsBoundedByTheBudgetAndNotLess(t *testing.T) {
	w := newFixture(t, scriptedBroker(t, replyHandedOver(t, 60*time.Millisecond, "")))
	w.dialer.ReplyTimeout = time.Hour
	w.dialer.WaitMargin = 300 * time.Millisecond
	began := time.Now() // before the client's own clock
	c := w.dial()
	err := receive(t, readByte(c))
	require.GreaterOrEqual(t, time.Since(began), 360*time.Millisecond)
	var doubt *client.InDoubtError
	require.ErrorAs(t, err, &doubt)
	require.ErrorIs(t, err, client.ErrSilent)
	require.True(t, doubt.Replied)
}

// A frame whose bytes come one at a time gets no more time than one that does not come.
func TestDrippedVerdictIsBoundedByTheBudget(t *testing.T) {
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(replyHandedOver(t, 50*time.Millisecond, ""))
		slow := append([]byte("\x01\x00\x10\x00\x00"), make([]byte, 4095)...)
		for i := range slow {
			if _, err := c.Write(slow[i : i+1]); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond) // 40 s in all
		}
	}))
	w.dialer.WaitMargin = time.Millisecond
	c := w.dial()
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, client.ErrSilent)
}

// The reply is waited for by its own timeout, which does not end the wait for ready.
func TestReadyMayComeAfterTheReplyTimeout(t *testing.T) {
	timeout := make(chan time.Duration, 1)
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(replyHandedOver(t, time.Hour, ""))
		time.Sleep(2 * <-timeout)
		_, _ = c.Write(join(readyFrame(t), []byte("late")))
		_, _ = io.Copy(io.Discard, c)
	}))
	for w.dialer.ReplyTimeout = 50 * time.Millisecond; w.dialer.ReplyTimeout < testTimeout; w.dialer.ReplyTimeout *= 2 {
		timeout <- w.dialer.ReplyTimeout
		c := w.dial()
		b := make([]byte, 4)
		_, err := io.ReadFull(c, b)
		var doubt *client.InDoubtError
		if errors.As(err, &doubt) && !doubt.Replied {
			continue // this machine is too busy for so short a timeout
		}
		require.NoError(t, err)
		require.Equal(t, "late", string(b))
		return
	}
	t.Error("no reply was read")
}

// A reply that came just in time begins a wait of its own.
func TestReplyAtTheLastLook(t *testing.T) {
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(replyHandedOver(t, time.Hour, ""))
		time.Sleep(250 * time.Millisecond)
		_, _ = c.Write(join(readyFrame(t), []byte("x")))
		_, _ = io.Copy(io.Discard, c)
	}))
	w.dialer.ReplyTimeout = time.Nanosecond
	for range 100 {
		err := receive(t, readByte(w.dial()))
		var doubt *client.InDoubtError
		if errors.As(err, &doubt) && !doubt.Replied {
			continue // this machine is too busy for it
		}
		require.NoError(t, err)
		return
	}
	t.Error("no reply was read")
}

// A client that did not run when ready came reads it all the same: it came in time.
func TestWhatCameInTimeIsReadAfterTheBudget(t *testing.T) {
	said := make(chan struct{})
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(replyHandedOver(t, time.Millisecond, ""))
		<-said // the client has read the reply
		_, _ = c.Write(join(readyFrame(t), []byte("in time")))
		said <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
	}))
	w.dialer.WaitMargin = time.Millisecond
	var c *client.Conn
	w.dialer.Trace = func(e client.Event) {
		if e.Op == client.OpReadReply {
			_ = c.SetReadDeadline(time.Unix(1, 0)) // the client stops here
		}
	}
	c = w.dial()
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	said <- struct{}{}
	receive(t, said)
	time.Sleep(10 * time.Millisecond) // the budget is over
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded) // it has not looked: its deadline has passed
	require.NoError(t, c.SetReadDeadline(time.Time{}))
	wantRead(t, c, "in time")
}

// A user who asks again and again, each time for a moment, learns that the wait is over.
func TestShortReadsEndWithTheBudget(t *testing.T) {
	w := newFixture(t, scriptedBroker(t, replyHandedOver(t, time.Millisecond, "")))
	w.dialer.WaitMargin = time.Millisecond
	c := w.dial()
	err := receive(t, async(func() error {
		for {
			_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				return err
			}
		}
	}))
	require.ErrorIs(t, err, client.ErrSilent)
}

func TestBudgetOfForever(t *testing.T) {
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(replyHandedOver(t, math.MaxInt64, ""))
		time.Sleep(250 * time.Millisecond)
		_, _ = c.Write(join(readyFrame(t), []byte("here")))
		_, _ = io.Copy(io.Discard, c)
	}))
	w.dialer.WaitMargin = math.MaxInt64
	wantRead(t, w.dial(), "here")
}

// A reply of running-process 4.5.5 has no budget.
func TestReplyWithoutABudget(t *testing.T) {
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(replyHandedOver(t, 0, ""))
		time.Sleep(250 * time.Millisecond)
		_, _ = c.Write(join(readyFrame(t), []byte("x")))
		_, _ = io.Copy(io.Discard, c)
	}))
	w.dialer.WaitMargin = time.Nanosecond
	w.dialer.ReplyTimeout = testTimeout
	began := time.Now() // before the client's own clock
	c := w.dial()
	if err := receive(t, readByte(c)); err != nil { // on a machine that is too busy
		require.ErrorIs(t, err, client.ErrSilent)
		require.GreaterOrEqual(t, time.Since(began), client.DefaultWaitBudget)
	}
}
