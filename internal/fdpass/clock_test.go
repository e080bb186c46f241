//go:build linux

package fdpass_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// Both processes read one clock: a reading taken after a message was received is never
// less than the reading that the message carries, in both directions. Spec: clock is one
// variable.
func TestBothProcessesReadOneClock(t *testing.T) {
	p := start(t, "clock reader")
	messages := repeats(5_000, 500)
	p.values[rounds].Store(int64(messages))
	p.signal(goAhead, 1)
	var equal int
	for range messages {
		before, err := fdpass.Clock()
		require.NoError(t, err)
		require.NoError(t, p.sendTime(before))
		between, err := p.receiveTime()
		require.NoError(t, err)
		now, err := fdpass.Clock()
		require.NoError(t, err)
		require.LessOrEqual(t, before, between)
		require.LessOrEqual(t, between, now)
		if before == between || between == now {
			equal++
		}
	}
	p.finish(t)
	t.Logf("%d readings of the other process between two of this one, %d equal to one of them", messages, equal)

	dev, ino, err := fdpass.TimeNamespace()
	require.NoError(t, err)
	require.NotZero(t, ino)
	require.Equal(t, []int64{int64(dev), int64(ino)}, []int64{p.values[namespaceDev].Load(), p.values[namespaceIno].Load()}, "one time namespace")
}

func playClockReader(p *peer) error {
	dev, ino, err := fdpass.TimeNamespace()
	if err != nil {
		return err
	}
	p.values[namespaceDev].Store(int64(dev))
	p.values[namespaceIno].Store(int64(ino))
	if err := p.await(goAhead, 1); err != nil {
		return err
	}
	for range p.values[rounds].Load() {
		before, err := p.receiveTime()
		if err != nil {
			return err
		}
		now, err := fdpass.Clock()
		if err != nil {
			return err
		}
		if now < before {
			return fmt.Errorf("received at %d, but sent at %d", now, before)
		}
		if err := p.sendTime(now); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) sendTime(at int64) error {
	_, err := p.SendAll(binary.LittleEndian.AppendUint64(nil, uint64(at)), -1, testDeadline())
	return err
}

func (p *peer) receiveTime() (int64, error) {
	buf := make([]byte, 8)
	got, err := p.Recv(buf)
	if err == nil && got.N != len(buf) {
		err = fmt.Errorf("%d bytes", got.N)
	}
	return int64(binary.LittleEndian.Uint64(buf)), err
}
