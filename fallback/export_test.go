package fallback

// Held returns the backends whose windows l holds, in the order of their starts.
// It reports false if the parts of l disagree about them.
func (l *Limiter) Held() (backends []string, consistent bool) {
	l.mu.Lock()
	defer l.mu.Unlock()

	var prev *window
	recent := l.order.recent == nil
	for w := l.order.first; w != nil; prev, w = w, w.next {
		if w.prev != prev || l.windows[w.backend] != w || prev != nil && w.start.Before(prev.start) {
			return nil, false
		}
		recent = recent || w == l.order.recent
		backends = append(backends, w.backend)
	}
	return backends, l.order.last == prev && recent && len(backends) == len(l.windows)
}
