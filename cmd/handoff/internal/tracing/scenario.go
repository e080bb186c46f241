package tracing

import (
	"time"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/broker"
)

// scenario is what befalls one connection. The steps of the parties wait for one
// another, so that it comes about whatever the machine does; only what must be
// later than a deadline takes time.
type scenario struct {
	name      string
	noLease   bool // leases end at once, so that a backend waits for the commit
	accepting bool // the backends accept from the beginning
	givesUp   bool // the broker is told to hand over one connection, and then not to wait
	broker    func(*stage, broker.Event)
	backend   func(*stage, int, backend.Event)
}

func scenarios() []scenario {
	return []scenario{
		{name: "owned", accepting: true},
		{name: "committed", accepting: true, noLease: true},
		{name: "queued", backend: func(s *stage, link int, e backend.Event) {
			if e.Op == backend.OpReadOffer {
				s.accept(link - 1)
			}
		}},
		{name: "lapsed", backend: func(s *stage, link int, e backend.Event) {
			if e.Op == backend.OpReadOffer { // the lease is over, and the deadline is to come
				s.running.Go(func() {
					time.Sleep(s.cfg.AckDeadline * 13 / 16)
					s.accept(link - 1)
				})
			}
		}},
		{name: "expired", broker: func(s *stage, e broker.Event) {
			if e.Op == broker.OpExpire {
				for i := range links {
					s.accept(i)
				}
			}
		}},
		{name: "unaccepted"},
		{name: "left", backend: func(s *stage, link int, e backend.Event) {
			if e.Op == backend.OpReadOffer && link == 1 {
				go s.backend(0).Close() // this goroutine is one that it waits for
			}
		}, broker: func(s *stage, e broker.Event) {
			if e.Op == broker.OpAbandon {
				s.accept(1)
			}
		}},
		{name: "given-up", givesUp: true},
		{name: "uncertain", accepting: true, backend: func(s *stage, _ int, e backend.Event) {
			if e.Op == backend.OpSendAck {
				s.await("broker", string(broker.OpSendCommit))
				time.Sleep(s.cfg.AckDeadline)
			}
		}},
		{name: "late", accepting: true, broker: func(s *stage, e broker.Event) {
			if e.Op == broker.OpReadClock {
				s.await("backend", string(backend.OpSendAck))
			}
		}, backend: func(s *stage, _ int, e backend.Event) {
			if e.Op == backend.OpReserve {
				s.await("broker", string(broker.OpReadClock))
			}
		}},
		{name: "stuck", accepting: true, backend: func(s *stage, _ int, e backend.Event) {
			if e.Op == backend.OpReserve {
				s.await("broker", string(broker.OpSettle))
			}
		}},
	}
}
