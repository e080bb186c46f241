package registry_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/stretchr/testify/require"
)

// onlyCounts reads as r and counts the bytes that were asked for.
type onlyCounts struct {
	r    io.Reader
	read int
}

func (c *onlyCounts) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.read += n
	return n, err
}

func TestARandomSourceThatFailsChangesNothing(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		source io.Reader
		want   error
	}{
		"fails":             {iotest.ErrReader(broken), broken},
		"fails in a token":  {io.MultiReader(bytes.NewReader(secret[:7]), iotest.ErrReader(broken)), broken},
		"ends":              {bytes.NewReader(nil), io.EOF},
		"ends in a token":   {bytes.NewReader(secret[:15]), io.ErrUnexpectedEOF},
		"zero, then fails":  {io.MultiReader(bytes.NewReader(make([]byte, 16)), iotest.ErrReader(broken)), broken},
		"always zero":       {zeros{}, registry.ErrCollision},
		"a byte at a time":  {iotest.OneByteReader(io.MultiReader(bytes.NewReader(secret), iotest.ErrReader(broken))), nil},
		"halves of a token": {iotest.HalfReader(bytes.NewReader(secret)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, registry.Options{Rand: c.source})
			token, err := r.Begin(cache, epoch)
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, [16]byte(secret), token.Bytes())
				return
			}
			require.ErrorIs(t, err, c.want)
			require.True(t, token.IsZero())
			require.Zero(t, r.Stats())
			_, err = r.Issue(epoch)
			require.Error(t, err)
			require.Zero(t, r.Stats())
		})
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestCollisionAttemptsIsTheTotalOfTries(t *testing.T) {
	for attempts := 1; attempts <= 5; attempts++ {
		source := &onlyCounts{r: zeros{}}
		r := open(t, registry.Options{Rand: source, CollisionAttempts: attempts})
		_, err := r.Issue(epoch)
		require.ErrorIs(t, err, registry.ErrCollision)
		require.Equal(t, attempts*registry.TokenSize, source.read)
	}
}

func TestALiveTokenCollidesAndARevokedOneIsIssuedAgain(t *testing.T) {
	source := bytes.NewReader(bytes.Repeat(secret, 3))
	r := open(t, registry.Options{Rand: source, CollisionAttempts: 1})
	first := issue(t, r, epoch)
	_, err := r.Begin(cache, epoch)
	require.ErrorIs(t, err, registry.ErrCollision)
	r.Abandon(first)
	second := begin(t, r, epoch)
	require.True(t, first.Equal(second))
	require.Equal(t, registry.Stats{Issued: 2, Revoked: 1, Registered: 1, Pending: 1, Tokens: 1}, r.Stats())
}

func TestRandIsNotReadWhenClosedOrFull(t *testing.T) {
	source := &onlyCounts{r: bytes.NewReader(secret)}
	r := open(t, registry.Options{Rand: source, MaxPending: 1})
	begin(t, r, epoch)
	_, err := r.Begin(cache, epoch)
	require.ErrorIs(t, err, registry.ErrFull)
	r.Close()
	_, err = r.Issue(epoch)
	require.ErrorIs(t, err, registry.ErrClosed)
	require.Equal(t, registry.TokenSize, source.read)
}

// At the earliest and the latest times, and with tokens that name nothing, every
// operation answers as at any other time and keeps the counts consistent.
func TestTimesFarFromNowSaturate(t *testing.T) {
	ends := map[string]time.Time{
		"zero": {}, "least": time.Unix(-1<<63, 0), "most": time.Unix(1<<63-1, 999_999_999),
		"year 9999": time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), "now": time.Now(),
	}
	for a, first := range ends {
		for b, second := range ends {
			t.Run(a+" then "+b, func(t *testing.T) {
				r := open(t, registry.Options{AckDeadline: 1, TokenTTL: 2})
				token := issue(t, r, first)
				require.NoError(t, r.Register(token, cache, first))
				err := r.Consume(token, registry.Token{}, second)
				if err == registry.ErrTokenExpired {
					require.True(t, second.After(first))
					require.EqualValues(t, 1, r.Stats().Expired)
					return
				}
				require.ErrorIs(t, err, registry.ErrTokenMismatch)
				require.ErrorIs(t, r.Consume(registry.Token{}, token, second), registry.ErrTokenNotLive)
				_, err = r.Acknowledge(registry.Token{}, second)
				require.ErrorIs(t, err, registry.ErrNotPending)
				done, err := r.Acknowledge(token, second)
				require.NoError(t, err)
				require.GreaterOrEqual(t, done.Waited, time.Duration(0))
				require.Equal(t, registry.Stats{Issued: 1, Revoked: 1, Registered: 1, Acknowledged: 1}, r.Stats())
			})
		}
	}
}

func TestDeadlineErrorSaysWhatToDo(t *testing.T) {
	r := open(t, registry.Options{AckDeadline: time.Second})
	_, err := r.Acknowledge(begin(t, r, epoch), epoch.Add(3*time.Second))
	var late *registry.DeadlineError
	require.ErrorAs(t, err, &late)
	require.True(t, late.Timeout())
	require.Equal(t, cache, late.Backend)
	require.True(t, late.Deadline.Equal(epoch.Add(time.Second)))
	require.Equal(t, 2*time.Second, late.Late)
	require.Equal(t, registry.Expired{}.Fallback(), late.Fallback())
	require.Nil(t, errors.Unwrap(err), "the caller's own context has not ended")
	require.Contains(t, err.Error(), `"cache" (pid 7)`)
}
