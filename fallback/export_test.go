package fallback

// Held returns the backends with a window in l, in the order of the windows' starts.
// It reports false if the data structures of l disagree about them.
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
