package bench

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/handoff-go/handoff/broker"
)

// SoakReport is what a soak did, and what it left behind.
type SoakReport struct {
	Config  SoakConfig
	Took    time.Duration
	Clients Clients
	Killed  int // backends that died by SIGKILL, and were started again

	// At rest: after the warm-up, and in the end. The broker's last one is from after its
	// shutdown.
	Broker   [2]Sample
	Load     [2]Sample
	Down     Sample
	Backends []Sample // in the end, of those that live
	Seen     Seen
	Problems []string
}

// Clients is the clients' own count. Every connection is in one field but Opened.
type Clients struct {
	Opened   int // connections to the broker
	Answered int // whole answers of a backend
	FellBack int // told to reconnect
	Ended    int // ended by the other side without either
	HungUp   int // ended by the client, at random
}

// Seen counts what backends told between deaths: at least that many there were.
type Seen struct{ Rejected, Revoked uint64 }

// Check returns an error that lists what is not as it must be.
func (r *SoakReport) Check() error {
	var found []error
	complain := func(format string, args ...any) { found = append(found, fmt.Errorf(format, args...)) }
	equal := func(got int, gotName string, want int, wantName string) {
		if got != want {
			complain("%s: %d, but %s: %d", gotName, got, wantName, want)
		}
	}
	for _, p := range r.Problems {
		complain("%s", p)
	}
	c := r.Clients
	equal(c.Answered+c.FellBack+c.Ended+c.HungUp, "answered, fallen back, ended and hung up", c.Opened, "opened by clients")
	for _, s := range []Sample{r.Broker[0], r.Broker[1], r.Down} {
		if s.Broker == nil {
			complain("a count of the broker is missing")
			continue
		}
		found = append(found, checkBroker(*s.Broker)...)
	}
	if s := r.Down.Broker; s != nil {
		equal(int(s.Adopted+s.Fenced+s.Fallback+s.Proxied+s.Closed), "outcomes", c.Opened, "opened by clients")
		equal(int(s.Adopted), "adopted", int(s.Registry.Acknowledged), "acknowledged")
		equal(int(s.Descriptors.Opened), "descriptors opened", c.Opened, "opened by clients")
		if adopted := int(s.Adopted); adopted < c.Answered || adopted > c.Answered+c.Ended+c.HungUp {
			complain("adopted: %d, but answered: %d, ended: %d, hung up: %d", adopted, c.Answered, c.Ended, c.HungUp)
		}
		if told := int(s.Fallback); told < c.FellBack || told > c.FellBack+c.HungUp {
			complain("fallback: %d, but fallen back: %d, hung up: %d", told, c.FellBack, c.HungUp)
		}
		if !r.Config.Faults {
			equal(c.Answered, "answered", c.Opened, "opened by clients, and there are no faults")
		}
	}
	found = append(found, flat("broker", r.Broker)...)
	found = append(found, flat("load", r.Load)...)
	for _, s := range r.Backends {
		if s.Backend == nil {
			complain("a count of a backend is missing")
			continue
		}
		d := s.Backend.Descriptors
		equal(int(d.Opened), "descriptors received by a backend", int(d.Closed+d.Adopted)+d.Open, "closed + adopted + open")
		equal(d.Open, "descriptors that a backend holds", 0, "none may be")
		equal(len(s.Left), fmt.Sprintf("descriptors that a backend keeps, %q", s.Left), 0, "none may be")
	}
	equal(len(r.Down.Left), fmt.Sprintf("descriptors that the broker keeps, %q", r.Down.Left), 0, "none may be")
	return errors.Join(found...)
}

// checkBroker checks the counts of a broker at rest.
func checkBroker(s broker.Stats) (found []error) {
	r, d := s.Registry, s.Descriptors
	if r.Registered != r.Acknowledged+r.Expired+r.Abandoned || r.Pending != 0 {
		found = append(found, fmt.Errorf("not conserved: %+v", r))
	}
	if r.Issued != r.Revoked || r.Tokens != 0 {
		found = append(found, fmt.Errorf("tokens not revoked: %+v", r))
	}
	if d.Opened != d.Closed+d.Adopted || d.Open != 0 || d.Adopted != 0 {
		found = append(found, fmt.Errorf("descriptors not balanced: %+v", d))
	}
	return found
}

// flat checks that a process holds no more in the end than after the warm-up.
func flat(who string, s [2]Sample) (found []error) {
	l := limits()
	for _, m := range []struct {
		what           string
		before, after  int
		most           int
		fewerIsAnError bool
	}{
		{"descriptors", s[0].Descriptors, s[1].Descriptors, 0, true},
		{"goroutines", s[0].Goroutines, s[1].Goroutines, l.Goroutines, false},
		{"bytes of heap", s[0].Heap, s[1].Heap, l.Heap, false},
		{"bytes of memory", s[0].RSS, s[1].RSS, l.RSS, false},
	} {
		if m.after > m.before+m.most || (m.fewerIsAnError && m.after < m.before) {
			found = append(found, fmt.Errorf("%s: %d %s after the warm-up, %d in the end, and %d more are allowed",
				who, m.before, m.what, m.after, m.most))
		}
	}
	return found
}

// Print writes the tables to w.
func (r *SoakReport) Print(w io.Writer) {
	if r.Down.Broker == nil {
		return
	}
	s, c := r.Down.Broker, r.Clients
	fmt.Fprintf(w, "%d handoffs over %s in %.0f s, %.0f per second, %d in flight, faults %t\n",
		s.Registry.Registered, r.Config.Network, r.Took.Seconds(), float64(s.Registry.Registered)/r.Took.Seconds(), r.Config.InFlight, r.Config.Faults)
	fmt.Fprintf(w, "  handoffs     registered %d = acknowledged %d + expired %d + abandoned %d\n",
		s.Registry.Registered, s.Registry.Acknowledged, s.Registry.Expired, s.Registry.Abandoned)
	fmt.Fprintf(w, "  connections  opened %d = adopted %d + fenced %d + fallback %d + proxied %d + closed %d\n",
		c.Opened, s.Adopted, s.Fenced, s.Fallback, s.Proxied, s.Closed)
	fmt.Fprintf(w, "  clients      opened %d = answered %d + fell back %d + ended %d + hung up %d\n", c.Opened, c.Answered, c.FellBack, c.Ended, c.HungUp)
	fmt.Fprintf(w, "  backends     killed %d; of the others at least: offers rejected %d, revoked %d\n",
		r.Killed, r.Seen.Rejected, r.Seen.Revoked)
	fmt.Fprintf(w, "  descriptors  opened %d = closed %d + adopted %d + open %d\n", s.Descriptors.Opened, s.Descriptors.Closed, s.Descriptors.Adopted, s.Descriptors.Open)
	fmt.Fprintf(w, "\n  %-8s %-14s %12s %11s %12s %12s\n", "", "", "descriptors", "goroutines", "heap KiB", "RSS KiB")
	line := func(who, when string, s Sample) {
		fmt.Fprintf(w, "  %-8s %-14s %12d %11d %12d %12d\n", who, when, s.Descriptors, s.Goroutines, s.Heap>>10, s.RSS>>10)
	}
	line("broker", "warm", r.Broker[0])
	line("broker", "end", r.Broker[1])
	line("broker", "shut down", r.Down)
	line("load", "warm", r.Load[0])
	line("load", "end", r.Load[1])
	for _, s := range r.Backends {
		line("backend", "end", s)
	}
	l := limits()
	fmt.Fprintf(w, "  allowed from warm to end: 0 descriptors, %d goroutines, %d KiB of heap, %d KiB of RSS more\n", l.Goroutines, l.Heap>>10, l.RSS>>10)
}
