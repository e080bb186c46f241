package faultmatrix_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/handoff-go/handoff/wire"
)

// evidence is all that a judge needs of a world that has ended.
type evidence struct {
	broker   []report
	backends map[string][]report // by name
	clients  map[string][]heard  // by the path that the client is known by
	books    map[string]books    // by process, of those that no fault ended
	lasting  []string            // clients that were served to their own end, by path
	killed   string              // the process that a fault ended; empty: none
	probe    string              // the path of the client that may be served by proxy
}

// judge asserts what holds in every cell.
func (w *world) judge() error {
	e := evidence{
		broker:   w.broker.all(),
		backends: map[string][]report{first: w.a.all(), second: w.b.all()},
		clients:  map[string][]heard{},
		books:    map[string]books{},
		probe:    filepath.Join(w.dir, w.probe.Name),
	}
	for _, u := range w.users {
		e.clients[u.name] = u.all()
		if u.err == nil {
			e.lasting = append(e.lasting, u.name)
		}
	}
	for _, p := range []*process{w.broker, w.a, w.b, w.probe} {
		if p.isKilled() {
			if p.stderr.Len() > 0 { // the others were asked at their end
				return violation{fmt.Errorf("%s: %s", p.Name, p.stderr)}
			}
			e.killed = p.Name
			continue
		}
		b, err := w.report(p, "books")
		if err != nil {
			return err
		}
		e.books[p.Name] = *b.Books
	}
	if e.killed != w.probe.Name {
		h, err := w.report(w.probe, "heard")
		if err != nil {
			return err
		}
		e.clients[e.probe] = h.Heard
		if again, err := w.report(w.probe, "again"); err != nil {
			return err
		} else if again.Note == "answered" {
			e.lasting = append(e.lasting, e.probe)
		}
	}
	if found := e.violations(); len(found) > 0 {
		return violation{errors.New(strings.Join(found, "\n"))}
	}
	return nil
}

func (w *world) report(p *process, kind string) (report, error) {
	found := p.find(kind)
	if len(found) != 1 {
		return report{}, fmt.Errorf("%s made %d reports of kind %s", p.Name, len(found), kind)
	}
	return found[0], nil
}

// violations returns everything that must not be.
func (e evidence) violations() []string {
	owners := e.owners()
	var found []string
	for client, all := range owners {
		if len(all) > 1 {
			found = append(found, fmt.Sprintf("%s has %d owners: %s", filepath.Base(client), len(all), strings.Join(all, ", ")))
		}
	}
	for client, heard := range e.clients {
		for _, h := range heard {
			if err := h.check(owners[client]); err != nil {
				found = append(found, fmt.Sprintf("%s on %s: %v: %q", filepath.Base(client), h.From, err, h.Bytes))
			}
		}
	}
	found = append(found, e.ledger()...)
	for name, b := range e.books {
		if b.Open != 0 || b.Opened != b.Closed+b.Adopted || b.Sockets != 0 {
			found = append(found, fmt.Sprintf("%s has lost descriptors: %+v", name, b))
		}
	}
	slices.Sort(found)
	return found
}

// Those that may own a client's connection, besides a backend, which goes by its name.
const (
	byFallback = "the broker, by fallback"
	byProxy    = "the broker, by proxy"
	byCaller   = "the broker's caller"
)

// owners returns who ever owned the connection of each client: every record of a party
// that began to serve it. A backend's is made before its first byte, and so is that of
// each Accept; the broker writes fallback and proxies as its only steps between the
// settling of the last offer and the end. That there is one at most, ever, is more than
// that no two overlap.
func (e evidence) owners() map[string][]string {
	client := map[uint64]string{} // by offer
	owners := map[string][]string{}
	add := func(client, owner string) {
		if !slices.Contains(owners[client], owner) {
			owners[client] = append(owners[client], owner)
		}
	}
	for _, r := range e.broker {
		if r.Kind == "serving" {
			add(r.Note, byCaller)
		}
		if r.Kind != "step" {
			continue
		}
		switch r.Op {
		case "Begin":
			client[r.Offer] = r.Note
		case "SendFallback":
			add(r.Note, byFallback)
		case "Proxy":
			if r.Err == "" {
				add(e.probe, byProxy)
			}
		}
	}
	for name, reports := range e.backends {
		for _, r := range reports {
			switch {
			case r.Kind == "step" && (r.Op == "Own" || r.Op == "Serve"):
				add(client[r.Offer], name)
			case r.Kind == "serving":
				add(r.Note, name)
			}
		}
	}
	return owners
}

// check judges what a client read from one connection, whose owners are given: one tag,
// the owner's; ready only from a backend that owns, fallback only from the broker, and
// nothing behind that.
func (h heard) check(owners []string) error {
	tags := h.Bytes
	told := ""
	if h.From == clientsSocket {
		var err error
		if told, tags, err = verdict(h.Bytes); err != nil {
			return err
		}
	}
	if len(tags) == 0 && told == "" {
		return nil
	}
	tag := byte(0)
	if len(tags) > 0 {
		tag = tags[0]
	}
	if bytes.Count(tags, []byte{tag}) != len(tags) {
		return errors.New("bytes of two parties")
	}
	want := map[byte]string{first[0]: first, second[0]: second, tagTarget: byProxy, tagCaller: byCaller, 0: ""}[tag]
	switch {
	case h.From == reconnectSocket:
		if tag != tagDirect || !slices.Contains(owners, byFallback) {
			return errors.New("it was not told to reconnect")
		}
	case told == "fallback":
		if len(tags) > 0 || !slices.Contains(owners, byFallback) {
			return errors.New("fallback is not the broker's last word")
		}
	case told == "" && h.From == clientsSocket:
		return errors.New("bytes before ready")
	case tag == 0 && (slices.Contains(owners, first) || slices.Contains(owners, second)):
	case want == "" || !slices.Contains(owners, want):
		return fmt.Errorf("served by who does not own: owners %v", owners)
	}
	return nil
}

// verdict reads the frames that an explicit client was sent: the reply, then ready or
// fallback. It returns the latter and what came behind it.
func verdict(b []byte) (told string, rest []byte, err error) {
	in := wire.NewDecoder(1 << 16)
	in.Advance(copy(in.Free(), b))
	for told == "" {
		frame, _, err := in.Next()
		if errors.Is(err, wire.ErrIncomplete) {
			return "", nil, nil // it ended before it was told
		}
		if err != nil {
			return "", nil, err
		}
		m, err := wire.Parse(frame)
		if err != nil {
			return "", nil, err
		}
		switch m.(type) {
		case *wire.HelloReply:
		case *wire.Ready:
			told = "ready"
		case *wire.Fallback:
			told = "fallback"
		default:
			return "", nil, fmt.Errorf("%T is not for clients", m)
		}
	}
	return told, in.Rest(), nil
}

// ledger returns what is wrong with the broker's books: every handoff that began left
// once, and every client that was accepted came to one end. A broker that was killed is
// excused from the ends that it did not live to see.
func (e evidence) ledger() []string {
	var found []string
	ends := map[uint64]int{}
	accepted, outcomes, adopted := 0, 0, 0
	for _, r := range e.broker {
		switch {
		case r.Kind == "registry":
			ends[r.Ref]++
		case r.Kind == "outcome":
			outcomes++
			if r.Note == "adopted" {
				adopted++
			}
		case r.Kind == "step" && r.Op == "AcceptClient":
			accepted++
		}
	}
	b, alive := e.books["broker"]
	if lasting := e.lastingly(); alive && lasting > adopted {
		found = append(found, fmt.Sprintf("%d clients were served to their end by a backend, but %d adopted", lasting, adopted))
	}
	for _, r := range e.broker {
		if r.Kind == "step" && r.Op == "Begin" {
			if n := ends[r.Ref]; n > 1 || alive && n != 1 {
				found = append(found, fmt.Sprintf("offer %d left the registry %d times", r.Offer, n))
			}
		}
	}
	switch n := b.Registry; {
	case !alive && outcomes > accepted, alive && (outcomes != accepted || b.Outcomes != accepted):
		found = append(found, fmt.Sprintf("%d clients, %d outcomes, %d in the counts", accepted, outcomes, b.Outcomes))
	case n.Pending != 0 || n.Tokens != 0 || n.Registered != n.Acknowledged+n.Expired+n.Abandoned:
		found = append(found, fmt.Sprintf("the registry is not balanced: %+v", n))
	}
	return found
}

// lastingly returns how many clients were served to their end by a backend. The broker
// must have let each go: whom it fenced, for one, it must have ended.
func (e evidence) lastingly() int {
	owners := e.owners()
	n := 0
	for _, client := range e.lasting {
		if slices.Contains(owners[client], first) || slices.Contains(owners[client], second) {
			n++
		}
	}
	return n
}
