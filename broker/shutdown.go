package broker

import (
	"context"
	"io"
)

// Shutdown ends the broker. It stops accepting clients and beginning handoffs, and waits until
// every connection is decided and every proxied one has ended. When ctx ends it waits no longer:
// undecided connections are fenced, proxied ones are cut off, and the error is ctx's. Then it drops
// all links, and returns the final counts: nothing is in flight, no descriptor is open, and no
// goroutine is left.
//
// Clients that have not sent their first bytes are disconnected. Backends keep what they own. A
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

// cutOff fences everything that is undecided. Spec: Abandon, Fence.
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
