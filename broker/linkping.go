package broker

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// pinger says when a link is pinged, and when a pong is overdue. The zero pinger never pings.
type pinger struct {
	interval time.Duration
	nonce    uint64    // of the ping that has no pong yet; 0: none
	at       time.Time // when the next ping is sent, or this one's pong is due; zero: never
}

// start has the first ping sent one interval from now.
func (p *pinger) start(interval time.Duration, now time.Time) {
	if interval > 0 {
		p.interval, p.at = interval, now.Add(interval)
	}
}

// next returns the nonce of the ping that is to be sent now; 0: none is.
func (p *pinger) next(now time.Time) uint64 {
	if p.nonce != 0 || p.at.IsZero() || now.Before(p.at) {
		return 0
	}
	for p.nonce == 0 {
		p.nonce = randomNonce()
	}
	p.at = now.Add(p.interval)
	return p.nonce
}

// pongDue reports whether the pong of the last ping should be in.
func (p *pinger) pongDue(now time.Time) bool {
	return p.nonce != 0 && !now.Before(p.at)
}

// pong ends the wait for a pong. One for another ping proves nothing: it may have been sent before.
func (p *pinger) pong(nonce uint64, now time.Time) {
	if p.nonce != 0 && nonce == p.nonce {
		p.nonce, p.at = 0, now.Add(p.interval)
	}
}

// randomNonce returns a number for a ping.
func randomNonce() uint64 {
	var bytes [8]byte
	_, _ = rand.Read(bytes[:]) // it never fails, and ends the process instead
	return binary.NativeEndian.Uint64(bytes[:])
}
