package history

import "sync/atomic"

// gate makes one call of a history never return, as far as the history goes: the call waits in
// OnExit or in the random source until the history has been judged. A nil gate stops nobody.
type gate struct {
	skip    atomic.Int64  // how many calls pass before the one that waits
	blocked chan struct{} // has one value once a call waits
	open    chan struct{} // closed when the history has been judged
	opened  atomic.Bool
}

func newGate(skip int) *gate {
	g := &gate{blocked: make(chan struct{}, 1), open: make(chan struct{})}
	g.skip.Store(int64(skip))
	return g
}

// pass is called by callbacks. For one of them it returns only after release.
func (g *gate) pass() {
	if g != nil && g.skip.Add(-1) == -1 {
		g.blocked <- struct{}{}
		<-g.open
	}
}

// release lets the call return.
func (g *gate) release() {
	if g != nil {
		g.opened.Store(true)
		close(g.open)
	}
}

// released reports whether the history has been judged: calls are no longer part of it.
func (g *gate) released() bool { return g != nil && g.opened.Load() }

// blockedOne returns a channel with one value once a call waits.
func (g *gate) blockedOne() <-chan struct{} {
	if g == nil {
		return nil
	}
	return g.blocked
}
