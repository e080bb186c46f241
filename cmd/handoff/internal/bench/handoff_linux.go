package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// blockSize is how many clients of one way there are before the next way's turn.
const blockSize = 100

// Run measures. Progress goes to w. It blocks until all processes that it started have
// ended. The error is a *ConfigError, ctx's cause, or what kept it from measuring.
func Run(ctx context.Context, c Config, w io.Writer) (report *Report, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "handoff-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // kills who has not ended
	broker, err := start(ctx, brokerRole, role{dir: dir})
	if err != nil {
		return nil, err
	}
	backend, err := start(ctx, backendRole, role{dir: dir})
	if err != nil {
		cancel()
		<-broker.ended
		return nil, err
	}
	defer func() {
		if err != nil {
			cancel()
			<-broker.ended
			<-backend.ended
		}
	}()
	report = &Report{}
	calls := 0 // to the broker
	for _, network := range c.Networks {
		for _, inFlight := range c.InFlight {
			fmt.Fprintf(w, "%s, %d in flight: %d of each way, in blocks of %d\n", network, inFlight, c.N, blockSize)
			m := &measurement{
				caller: caller{network: network, explicit: broker.at.Explicit[network], direct: backend.at.Direct[network]},
				broker: broker, backend: backend, inFlight: inFlight,
			}
			rows, n, err := m.run(ctx, c.N)
			if err != nil {
				return nil, err
			}
			calls += n
			for _, row := range rows {
				row.Network, row.InFlight = network, inFlight
				report.Rows = append(report.Rows, row)
			}
		}
	}
	if _, err := broker.sample(calls); err != nil {
		return nil, fmt.Errorf("the broker: %w", err)
	}
	_, err = backend.finish()
	last, brokerErr := broker.finish()
	if err := errors.Join(err, brokerErr); err != nil {
		return nil, err
	}
	s := last.Broker
	report.Notes = append(report.Notes, fmt.Sprintf("broker: %d adopted, %d told to reconnect, %d else; registered %d = acknowledged %d + expired %d + abandoned %d",
		s.Adopted, s.Fallback, s.Fenced+s.Proxied+s.Closed, s.Registry.Registered, s.Registry.Acknowledged, s.Registry.Expired, s.Registry.Abandoned))
	return report, nil
}

// measurement is of all ways on one network, with so many calls in flight.
type measurement struct {
	caller          caller
	broker, backend *process
	inFlight        int
}

// run measures all ways in turn, a block each. The first block of each is not counted.
// It returns how many calls there were to the broker.
func (m *measurement) run(ctx context.Context, n int) (rows []Row, calls int, err error) {
	all := ways()
	measured := make([]blocks, len(all))
	for round := range 1 + (n+blockSize-1)/blockSize {
		for i := range all {
			at := (i + round) % len(all) // nobody is always first
			into := &measured[at]
			if round == 0 {
				into = &blocks{}
			}
			if err := m.block(ctx, all[at], into); err != nil {
				return nil, 0, fmt.Errorf("%s: %w", all[at].name, err)
			}
			calls += blockSize
		}
	}
	for i, way := range all {
		row := measured[i].row(measured[len(all)-1])
		row.Way = way.name
		rows = append(rows, row)
	}
	return rows, calls, nil
}

// block makes a block of calls, so many at a time, and adds what it measured.
func (m *measurement) block(ctx context.Context, w way, into *blocks) error {
	timings := make([]timing, blockSize)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	broker, backend := m.broker.cpu(), m.backend.cpu()
	began := time.Now()
	for range min(m.inFlight, blockSize) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < blockSize; i = next.Add(1) - 1 {
				t, err := w.call(ctx, &m.caller)
				if err != nil {
					failed.Store(&err)
					return
				}
				timings[i] = t
			}
		})
	}
	workers.Wait()
	into.took += time.Since(began)
	into.broker += m.broker.cpu() - broker
	into.backend += m.backend.cpu() - backend
	if err := failed.Load(); err != nil {
		return *err
	}
	latencies := make([]time.Duration, blockSize)
	for i, t := range timings {
		latencies[i] = t.answer
		into.readies = append(into.readies, t.ready)
	}
	into.latencies = append(into.latencies, latencies)
	return ctx.Err()
}
