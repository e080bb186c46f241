package events

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Write writes traces as text, one event a line:
//
//	trace demo ack=1s ttl=30s max=1024
//	Begin ref=1 now=0 end=1000000000 state=pending answer=ok
//	Acknowledge ref=1 now=500 end=1000000000 state=acknowledged answer=ok
//	Acknowledge ref=1 now=900 answer=ErrNotPending
//	Close answer=ok
//
// A line that starts with "trace" begins a trace. What an event does not tell is
// left out. Instants are nanoseconds.
func Write(w io.Writer, traces ...Trace) error {
	out := bufio.NewWriter(w)
	for _, t := range traces {
		fmt.Fprintf(out, "trace %s ack=%v ttl=%v max=%d\n", t.Name, t.AckDeadline, t.TokenTTL, t.MaxPending)
		for _, e := range t.Events {
			fmt.Fprintln(out, e)
		}
	}
	return out.Flush()
}

// String returns the event as Write writes it.
func (e Event) String() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Ref != 0 {
		fmt.Fprintf(&b, " ref=%d", e.Ref)
	}
	if e.Presented != 0 {
		fmt.Fprintf(&b, " presented=%d", e.Presented)
	}
	if e.Now != None {
		fmt.Fprintf(&b, " now=%d", e.Now)
	}
	if e.End != None {
		fmt.Fprintf(&b, " end=%d", e.End)
	}
	if e.State != "" {
		fmt.Fprintf(&b, " state=%s", e.State)
	}
	fmt.Fprintf(&b, " answer=%s", e.Answer)
	return b.String()
}

// Read reads what Write writes. Empty lines are skipped, and those that start
// with #. The error names the line that cannot be read.
func Read(r io.Reader) ([]Trace, error) {
	var traces []Trace
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		var err error
		switch {
		case words[0] == "trace":
			var t Trace
			t, err = readHead(words[1:])
			traces = append(traces, t)
		case len(traces) == 0:
			err = fmt.Errorf("%q stands in no trace", words[0])
		default:
			var e Event
			e, err = readEvent(words)
			last := &traces[len(traces)-1]
			last.Events = append(last.Events, e)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return traces, lines.Err()
}

func readHead(words []string) (t Trace, err error) {
	if len(words) > 0 {
		t.Name, words = words[0], words[1:]
	}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "ack":
			t.AckDeadline, err = time.ParseDuration(value)
		case "ttl":
			t.TokenTTL, err = time.ParseDuration(value)
		case "max":
			t.MaxPending, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("unknown option %q", word)
		}
		if err != nil {
			return t, err
		}
	}
	return t, t.check()
}

func readEvent(words []string) (e Event, err error) {
	e = Event{Op: words[0], Now: None, End: None}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "ref":
			e.Ref, err = natural(value)
		case "presented":
			e.Presented, err = natural(value)
		case "now":
			e.Now, err = instant(value)
		case "end":
			e.End, err = instant(value)
		case "state":
			e.State = value
		case "answer":
			e.Answer = value
		default:
			err = fmt.Errorf("unknown field %q", word)
		}
		if err != nil {
			return e, err
		}
	}
	if e.Answer == "" {
		return e, fmt.Errorf("%s has no answer", e.Op)
	}
	return e, nil
}

func natural(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err
}

func instant(text string) (Instant, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	return Instant(n), err
}
