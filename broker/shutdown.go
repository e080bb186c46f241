package broker

import (
	"context"
	"io"
)

// Shutdown ends the broker. It stops accepting clients and beginning handoffs, and waits
// until every connection on its way is decided, proxied ones included. When ctx ends it
// waits no longer: what is undecided is fenced, what is proxied is cut off, and the
// error is ctx's. Then it ends all links, and returns the final counts: nothing is in
// flight, no descriptor open, and no goroutine left.
//
// Clients whose first bytes are not in are disconnected. Backends keep what they own. A
// second Shutdown waits for the first one and returns the same counts.
func (b *Broker) Shutdown(ctx context.Context) (Stats, error) {
	b.mu.Lock()
	b.shuttingDown = true
	var listening []io.Closer
	for c := range b.serving {
		listening = append(listening, c)
	}
	b.mu.Unlock()
	b.cancelAccept()
	for _, c := range listening {
		c.Close()
	}

	decided := make(chan struct{})
	go func() {
		b.running.Wait()
		close(decided)
	}()
	var err error
	select {
	case <-decided:
	case <-ctx.Done():
		err = context.Cause(ctx)
		b.cutOff()
		<-decided
	}

	b.forceStop()
	for _, l := range b.allLinks() {
		l.fail(ErrClosed)
	}
	b.readers.Wait()
	for _, r := range b.registries {
		r.Close()
	}
	return b.Stats(), err
}

// cutOff decides everything that is under way, now: it is fenced. Spec: Abandon, Fence.
func (b *Broker) cutOff() {
	b.forceStop()
	for _, l := range b.allLinks() {
		for _, a := range l.claimAll() {
			a.abandonFenced()
		}
	}
}

func (b *Broker) allLinks() []*link {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*link
	for _, s := range b.services {
		s.mu.Lock()
		all = append(all, s.links...)
		s.mu.Unlock()
	}
	return all
}
