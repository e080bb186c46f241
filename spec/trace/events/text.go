package events

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Recording is what text holds. The zero Recording is empty.
type Recording struct {
	Traces    []Trace    // of registries
	Transfers []Transfer // of connections
}

// Write writes traces as [Recording.Write] does.
func Write(w io.Writer, traces ...Trace) error { return Recording{Traces: traces}.Write(w) }

// Write writes a recording as text, one event or step a line:
//
//	trace demo ack=1s ttl=30s max=1024
//	Begin ref=1 now=0 end=1000000000 state=pending answer=ok
//	Acknowledge ref=1 now=500 end=1000000000 state=acknowledged answer=ok
//	Acknowledge ref=1 now=900 answer=ErrNotPending
//	Close answer=ok
//	transfer 1 kind=plain lease=true margin=true links=1
//	offering broker Begin attempt=1 link=1
//	backend1 backend ReadOffer attempt=1 link=1
//
// A line that starts with "trace" begins a trace, one with "transfer" a transfer.
// What an event does not tell is left out. Instants are nanoseconds.
func (r Recording) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, t := range r.Traces {
		fmt.Fprintf(out, "trace %s ack=%v ttl=%v max=%d\n", t.Name, t.AckDeadline, t.TokenTTL, t.MaxPending)
		for _, e := range t.Events {
			fmt.Fprintln(out, e)
		}
	}
	for _, p := range r.Transfers {
		fmt.Fprintln(out, p.head())
		for _, s := range p.Steps {
			fmt.Fprintln(out, s)
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
func Read(r io.Reader) (Recording, error) {
	var recording Recording
	section := ""
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if words[0] == "trace" || words[0] == "transfer" {
			section = words[0]
		}
		if err := recording.readLine(section, words); err != nil {
			return Recording{}, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return recording, lines.Err()
}

// readLine reads a line of a section.
func (r *Recording) readLine(section string, words []string) error {
	switch {
	case words[0] == "trace":
		t, err := readHead(words[1:])
		r.Traces = append(r.Traces, t)
		return err
	case words[0] == "transfer":
		p, err := readTransfer(words[1:])
		r.Transfers = append(r.Transfers, p)
		return err
	case section == "trace":
		e, err := readEvent(words)
		last := &r.Traces[len(r.Traces)-1]
		last.Events = append(last.Events, e)
		return err
	case section == "transfer":
		s, err := readStep(words)
		last := &r.Transfers[len(r.Transfers)-1]
		last.Steps = append(last.Steps, s)
		return err
	}
	return fmt.Errorf("%q stands in no trace", words[0])
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
