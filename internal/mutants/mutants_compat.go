package main

// compatMutants drop one rule of the older form each.
func compatMutants() []mutant {
	return []mutant{{
		name: "sent-in-non-blocking-mode", breaks: "G9", must: bySockets, file: "compat/attempt.go",
		says: "a backend that reads at once takes EAGAIN for the end of what it has acknowledged",
		old:  `err = fdpass.SetBlocking(fd)`,
		new:  `err = fdpass.SetNonblock(fd)`,
	}, {
		name: "comes-back-in-blocking-mode", breaks: "G9", must: bySockets, file: "compat/attempt.go",
		says: "a connection that came back hangs its reader past every deadline",
		old:  `inner = fdpass.SetNonblock(fd)`,
		new:  `inner = fdpass.SetBlocking(fd)`,
	}, {
		name: "long-rejection-is-fenced", breaks: "G9", must: bySockets, file: "compat/attempt.go",
		says: "a client is lost because its backend rejects it with a long text",
		old:  `wire.NewDecoder(wire.MaxFrame)`,
		new:  `wire.NewDecoder(wire.MaxControl)`,
	}, {
		name: "long-text-makes-an-ack-invalid", breaks: "G9", must: bySockets, file: "wire/ack.go",
		says: "an ACK with more text than this module writes decides nothing",
		old:  `m.Detail = strings.Clone(ClipDetail(m.Detail))`,
		new:  `m.Detail = strings.Clone(m.Detail)`,
	}, {
		name: "shortage-ends-the-listener", breaks: "G7", must: bySockets, file: "compat/listener.go",
		says: "a backend that had no descriptor once accepts nobody any more",
		old:  `!fdpass.IsShortage(err)`,
		new:  `!fdpass.IsShortage(nil)`,
	}, {
		name: "enclosing-messages-are-not-counted", breaks: "G5", must: bySockets, file: "wire/scan.go",
		says: "groups in a nested message may be nested deeper than running-process takes them",
		old:  `n = skip(num, typ, f.rest, f.depth)`,
		new:  `n = skip(num, typ, f.rest, 0)`,
	}, {
		name: "end-without-a-word-is-doubt", breaks: "G7", must: bySockets, file: "client/compat.go",
		says: "a client that an older broker leaves has no connection, though it could reconnect",
		old:  `!c.dialer.Compat || !ended`,
		new:  `c.dialer.Compat || !ended`,
	}, {
		name: "replayed-after-an-end-without-a-word", breaks: "G9", must: bySockets, file: "client/dialer.go",
		says: "a request that a backend may have read is sent again to another",
		old:  `case set.ReplayLimit < 0, set.Compat:`,
		new:  `case set.ReplayLimit < 0:`,
	}, {
		name: "reconnects-in-the-middle-of-a-frame", breaks: "G9", must: bySockets, file: "client/compat.go",
		says: "a client that has read a part of ready leaves the backend that wrote it",
		old:  `!ended || len(c.decoder.Rest()) > 0`,
		new:  `!ended || len(c.decoder.Rest()) < 0`,
	}}
}
