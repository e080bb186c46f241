package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/handoff-go/handoff/wire"
)

// hangUpOdds is how rarely a client ends its connection at a random point.
const hangUpOdds = 50

// load are the clients of a soak: half are plain, half speak the explicit mode.
type load struct {
	config SoakConfig
	at     addresses

	opened, answered, fellBack, ended, hungUp atomic.Int64
	failed                                    atomic.Pointer[error] // what no fault explains
}

func (l *load) count() Clients {
	return Clients{
		Opened: int(l.opened.Load()), Answered: int(l.answered.Load()), FellBack: int(l.fellBack.Load()),
		Ended: int(l.ended.Load()), HungUp: int(l.hungUp.Load()),
	}
}

func (l *load) failure() error {
	if err := l.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// run makes n clients, so many at a time, and returns when all have ended.
func (l *load) run(ctx context.Context, n int) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range l.config.InFlight {
		workers.Go(func() {
			for next.Add(1) <= int64(n) && ctx.Err() == nil && l.failed.Load() == nil {
				if err := l.client(ctx); err != nil {
					l.failed.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	workers.Wait()
}

var errHungUp = errors.New("this client hangs up")

// client is one client, from connect to the end. An error is one that no fault explains.
func (l *load) client(ctx context.Context) error {
	explicit := rand.N(2) == 0
	address := l.at.Plain[l.config.Network]
	if explicit {
		address = l.at.Explicit[l.config.Network]
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, l.config.Network, address)
	if err != nil {
		return err
	}
	l.opened.Add(1)
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(opLimit)); err != nil {
		return err
	}
	hangUpAt := -1
	if l.config.Faults && rand.N(hangUpOdds) == 0 {
		hangUpAt = rand.N(4)
	}
	if explicit {
		err = l.explicit(conn, hangUpAt)
	} else {
		err = l.plain(conn, hangUpAt)
	}
	switch timeout := net.Error(nil); {
	case err == nil:
		l.answered.Add(1)
	case err == errHungUp:
		l.hungUp.Add(1)
	case err == errFellBack:
		l.fellBack.Add(1)
	case err == errAnswer:
		return err
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("a connection neither answers nor ends: %w", err)
	default:
		l.ended.Add(1)
	}
	return nil
}

// explicit is a client that says hello. It hangs up before one of its four steps.
func (l *load) explicit(conn net.Conn, hangUpAt int) error {
	first := append(hello(wire.CapabilityHandlePassing), request()...)
	steps := []func() error{
		func() error { _, err := conn.Write(first[:10]); return err },
		func() error { _, err := conn.Write(first[10:]); return err },
		func() error { return readReply(conn) },
		func() error { return readReady(conn) },
	}
	for i, step := range steps {
		if i == hangUpAt {
			return errHungUp
		}
		if err := step(); err != nil {
			return err
		}
	}
	return readWhole(conn)
}

// plain is a client that knows nothing of handoff.
func (l *load) plain(conn net.Conn, hangUpAt int) error {
	half := messageSize / 2
	for i, part := range [][]byte{request()[:half], request()[half:]} {
		if i == hangUpAt {
			return errHungUp
		}
		if _, err := conn.Write(part); err != nil {
			return err
		}
	}
	if hangUpAt >= 0 {
		return errHungUp
	}
	return readWhole(conn)
}

// readWhole reads the answer, and that nothing follows it: a second owner would write
// behind the first.
func readWhole(conn net.Conn) error {
	if err := readAnswer(conn); err != nil {
		return err
	}
	if rest, _ := io.ReadAll(conn); len(rest) > 0 {
		return errAnswer
	}
	return nil
}
