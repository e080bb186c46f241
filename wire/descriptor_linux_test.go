package wire_test

import (
	"errors"
	"testing"

	"github.com/handoff-go/handoff/wire"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// On a real socket the offsets of a Decoder match descriptors to offers, however the bytes are cut:
// several frames in one read, offers that arrive a byte at a time, an offer of which only the first
// part was sent with the descriptor.
func TestDescriptorsBelongToTheirOffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		require.NoError(t, err)
		defer unix.Close(pair[0])
		defer unix.Close(pair[1])

		inodes := map[uint64]uint64{} // by correlation id: what travels with the offer
		total, frames := 0, rapid.IntRange(1, 8).Draw(t, "frames")
		for id := range uint64(frames) {
			if rapid.Bool().Draw(t, "ping") {
				total += send(t, pair[0], (&wire.Ping{Nonce: id}).Append(nil), nil)
				continue
			}
			fd, err := unix.MemfdCreate("offered", unix.MFD_CLOEXEC)
			require.NoError(t, err)
			inodes[id] = inode(t, fd)
			offer := wire.Offer{Token: token(t), Service: "web", CorrelationID: id, Preface: blob(t, 2000)}
			b := offer.Append(nil)
			first := rapid.OneOf(rapid.Just(len(b)), rapid.IntRange(1, len(b))).Draw(t, "first part")
			total += send(t, pair[0], b[:first], unix.UnixRights(fd))
			if first < len(b) {
				total += send(t, pair[0], b[first:], nil)
			}
			require.NoError(t, unix.Close(fd))
		}

		type arrival struct {
			before, after uint64
			fd            int
		}
		var arrivals []arrival
		defer func() {
			for _, a := range arrivals {
				unix.Close(a.fd)
			}
		}()
		d, got := wire.NewDecoder(wire.MaxOffer), 0
		for d.Received() < uint64(total) {
			free := d.Free()
			free = free[:min(len(free), rapid.OneOf(rapid.Just(1), rapid.IntRange(1, 3000)).Draw(t, "read"))]
			oob := make([]byte, unix.CmsgSpace(4*4))
			n, oobn, flags, _, err := unix.Recvmsg(pair[1], free, oob, unix.MSG_CMSG_CLOEXEC)
			require.NoError(t, err)
			require.Zero(t, flags&unix.MSG_CTRUNC)
			before := d.Received()
			d.Advance(n)
			for _, fd := range descriptors(t, oob[:oobn]) {
				arrivals = append(arrivals, arrival{before, d.Received(), fd})
			}
			for {
				f, at, err := d.Next()
				if errors.Is(err, wire.ErrIncomplete) {
					break
				}
				require.NoError(t, err)
				got++
				var mine []uint64
				for _, a := range arrivals {
					if a.before <= at && at < a.after && a.after <= d.Offset() {
						mine = append(mine, inode(t, a.fd))
					}
				}
				if offer, ok := parse(t, f).(*wire.Offer); ok {
					require.Equal(t, []uint64{inodes[offer.CorrelationID]}, mine)
				} else {
					require.Empty(t, mine)
				}
			}
		}
		require.Equal(t, frames, got)
		require.Len(t, arrivals, len(inodes))
	})
}

func send(t tester, fd int, b, oob []byte) int {
	n, err := unix.SendmsgN(fd, b, oob, nil, 0)
	require.NoError(t, err)
	require.Equal(t, len(b), n)
	return n
}

func descriptors(t tester, oob []byte) (fds []int) {
	messages, err := unix.ParseSocketControlMessage(oob)
	require.NoError(t, err)
	for _, m := range messages {
		some, err := unix.ParseUnixRights(&m)
		require.NoError(t, err)
		fds = append(fds, some...)
	}
	return fds
}

func inode(t tester, fd int) uint64 {
	var stat unix.Stat_t
	require.NoError(t, unix.Fstat(fd, &stat))
	return stat.Ino
}
