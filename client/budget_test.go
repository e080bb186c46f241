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
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded) // a later deadline does not help
}

func TestWaitLastsTheWholeBudget(t *testing.T) {
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

// A frame whose bytes arrive one at a time does not extend the wait.
func TestSlowVerdictIsBoundedByTheBudget(t *testing.T) {
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

// ReplyTimeout bounds the wait for the reply only, not the wait for ready.
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
			continue // the machine is too busy for so short a timeout
		}
		require.NoError(t, err)
		require.Equal(t, "late", string(b))
		return
	}
	t.Error("no reply was read")
}

// A reply that is read in the grace after ReplyTimeout begins the wait for ready.
func TestReplyReadInTheGraceBeginsANewWait(t *testing.T) {
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
			continue // the machine is too busy for the grace
		}
		require.NoError(t, err)
		return
	}
	t.Error("no reply was read")
}

// A client that did not run when ready came in time still reads it, though its budget has passed.
func TestReadyThatCameInTimeIsReadAfterTheBudget(t *testing.T) {
	verdict := make(chan struct{})
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(replyHandedOver(t, time.Millisecond, ""))
		<-verdict // the client has read the reply
		_, _ = c.Write(join(readyFrame(t), []byte("in time")))
		verdict <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
	}))
	w.dialer.WaitMargin = time.Millisecond
	var c *client.Conn
	w.dialer.Trace = func(e client.Event) {
		if e.Op == client.OpReadReply {
			_ = c.SetReadDeadline(time.Unix(1, 0)) // end the Read that waits
		}
	}
	c = w.dial()
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	verdict <- struct{}{}
	receive(t, verdict)
	time.Sleep(10 * time.Millisecond) // the budget has passed
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded) // its deadline has passed, so it does not read
	require.NoError(t, c.SetReadDeadline(time.Time{}))
	wantRead(t, c, "in time")
}

// Repeated Reads with short deadlines end with ErrSilent once the budget has passed.
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

func TestHugeBudgetSaturates(t *testing.T) {
	w := newFixture(t, fakeBroker(t, func(c *net.TCPConn) {
		_, _ = c.Write(replyHandedOver(t, math.MaxInt64, ""))
		time.Sleep(250 * time.Millisecond)
		_, _ = c.Write(join(readyFrame(t), []byte("here")))
		_, _ = io.Copy(io.Discard, c)
	}))
	w.dialer.WaitMargin = math.MaxInt64
	wantRead(t, w.dial(), "here")
}

// A reply without a wait budget, as of running-process 4.5.5, means DefaultWaitBudget.
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
	if err := receive(t, readByte(c)); err != nil { // the machine is too busy
		require.ErrorIs(t, err, client.ErrSilent)
		require.GreaterOrEqual(t, time.Since(began), client.DefaultWaitBudget)
	}
}
