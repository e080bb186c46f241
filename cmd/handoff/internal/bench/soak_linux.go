package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// rounds is how often a soak comes to rest, to look at what is held. The first few are
// its warm-up.
const (
	rounds     = 50
	warmRounds = 3
)

// Soak makes handoffs until there were enough, and comes to rest in between. Progress
// goes to w. It blocks until all processes that it started have ended. The error is a
// *ConfigError, ctx's cause, or what kept it from going on.
func Soak(ctx context.Context, c SoakConfig, w io.Writer) (report *SoakReport, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "handoff-soak-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	broker, err := start(ctx, brokerRole, role{dir: dir, soak: true, faults: c.Faults})
	if err != nil {
		return nil, err
	}
	pool, err := startBackendPool(ctx, role{dir: dir, soak: true, faults: c.Faults}, cancel)
	if err != nil {
		cancel(nil)
		<-broker.ended
		return nil, err
	}
	defer func() {
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			cancel(nil)
			<-broker.ended
			pool.keepers.Wait()
		}
	}()
	s := &soak{config: c, broker: broker, pool: pool, report: &SoakReport{Config: c}, began: time.Now()}
	s.load = &load{config: c, at: broker.at}
	if err := s.run(ctx, w); err != nil {
		return nil, err
	}
	return s.report, s.end()
}

type soak struct {
	config SoakConfig
	broker *process
	pool   *backendPool
	load   *load
	report *SoakReport
	began  time.Time
}

// run makes handoffs, a round at a time.
func (s *soak) run(ctx context.Context, w io.Writer) error {
	for round := 1; ; round++ {
		s.load.run(ctx, max(1, s.config.N/rounds))
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := s.rest(round); err != nil {
			return err
		}
		b := s.report.Broker[1].Broker
		fmt.Fprintf(w, "%5.0f s: registered %d = acknowledged %d + expired %d + abandoned %d; killed %d; broker: %d goroutines, heap %d KiB, RSS %d KiB\n",
			time.Since(s.began).Seconds(), b.Registry.Registered, b.Registry.Acknowledged, b.Registry.Expired, b.Registry.Abandoned,
			s.pool.count(), s.report.Broker[1].Goroutines, s.report.Broker[1].Heap>>10, s.report.Broker[1].RSS>>10)
		enough := b.Registry.Registered >= uint64(s.config.N)
		if round > warmRounds && (enough || time.Since(s.began) > s.config.Limit) {
			s.report.Took = time.Since(s.began)
			return nil
		}
	}
}

// rest waits until nothing is under way, and looks.
func (s *soak) rest(round int) error {
	s.report.Clients = s.load.count()
	now, err := s.broker.sample(s.report.Clients.Opened)
	if err != nil {
		return fmt.Errorf("the broker does not come to rest: %w", errors.Join(err, s.load.failure()))
	}
	here, err := take()
	if err != nil {
		return err
	}
	s.pool.look()
	if round <= warmRounds {
		s.report.Broker[0], s.report.Load[0] = *now, *here
	}
	s.report.Broker[1], s.report.Load[1] = *now, *here
	for _, err := range checkBroker(*now.Broker) {
		s.problem(err)
	}
	return s.load.failure()
}

func (s *soak) problem(err error) {
	if err != nil && len(s.report.Problems) < 10 {
		s.report.Problems = append(s.report.Problems, err.Error())
	}
}

// end ends the backends and then the broker, and keeps their last samples.
func (s *soak) end() error {
	var err error
	if s.report.Backends, err = s.pool.finish(); err != nil {
		return err
	}
	s.report.Killed, s.report.Seen = s.pool.count(), s.pool.seen()
	down, err := s.broker.finish()
	if err != nil {
		return fmt.Errorf("the broker: %w", err)
	}
	s.report.Down = *down
	return nil
}
