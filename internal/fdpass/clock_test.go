//go:build linux

package fdpass_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/handoff-go/handoff/internal/fdpass"
)

// Both processes read one clock: a reading taken after a message was received is
// not before the one that was sent in it, there and back. Spec: clock is one variable.
func TestBothProcessesReadOneClock(t *testing.T) {
	p := start(t, "timekeeper")
	messages := long(5_000, 500)
	p.values[rounds].Store(int64(messages))
	p.raise(goAhead, 1)
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
	t.Logf("%d readings between two of the other process, %d equal to one of them", messages, equal)

	dev, ino, err := fdpass.TimeNamespace()
	require.NoError(t, err)
	require.NotZero(t, ino)
	require.Equal(t, []int64{int64(dev), int64(ino)}, []int64{p.values[2].Load(), p.values[3].Load()}, "one time namespace")
}

func playTimekeeper(p *other) error {
	dev, ino, err := fdpass.TimeNamespace()
	if err != nil {
		return err
	}
	p.values[2].Store(int64(dev))
	p.values[3].Store(int64(ino))
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
			return fmt.Errorf("received at %d what was sent at %d", now, before)
		}
		if err := p.sendTime(now); err != nil {
			return err
		}
	}
	return nil
}

func (p *other) sendTime(at int64) error {
	_, err := p.SendAll(binary.LittleEndian.AppendUint64(nil, uint64(at)), -1, soon())
	return err
}

func (p *other) receiveTime() (int64, error) {
	buf := make([]byte, 8)
	got, err := p.Recv(buf)
	if err == nil && got.N != len(buf) {
		err = fmt.Errorf("%d bytes", got.N)
	}
	return int64(binary.LittleEndian.Uint64(buf)), err
}
