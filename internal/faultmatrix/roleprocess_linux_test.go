package faultmatrix_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"go.uber.org/goleak"
)

const roleVariable = "HANDOFF_FAULTS_ROLE"

// patience is how long anything may take that is waited for. Only what hangs takes it.
const patience = 30 * time.Second

// role is what a process is told to be.
type role struct {
	Party     string // broker, backend or client
	Name      string
	Dir       string // where the sockets are
	Deadline  time.Duration
	NoLease   bool          // the lease of every offer is over when it is sent
	Attempts  int           // a broker: of one connection
	Pings     time.Duration // a broker: how often it pings; zero: never
	Hold      bool          // a backend: Accept only when told to
	Mode      string        // a client: the socket that it connects to
	NoService bool          // a client: it asks for what nobody serves
	Gates     []gate
}

// gate is a stop point: the process stops right after its first step of that name.
type gate struct {
	ID   string
	Op   string
	Link uint64 // of the broker's links, the one, for steps about a link; 0: any
}

// command is what a process is told to do meanwhile.
type command struct {
	Do   string
	Gate gate
	ID   string // of a gate
	PID  int    // of the process at the other end
}

// report is what a process tells: its steps, above all. What it wrote survives it.
type report struct {
	Kind  string  // step, registry, outcome, stopped, done, and others of one party
	Op    string  `json:",omitempty"`
	Link  uint64  `json:",omitempty"`
	Offer uint64  `json:",omitempty"` // the correlation id
	Ref   uint64  `json:",omitempty"`
	Err   string  `json:",omitempty"`
	Note  string  `json:",omitempty"`
	Bytes int     `json:",omitempty"` // written so far
	Books *books  `json:",omitempty"`
	Heard []heard `json:",omitempty"`
}

// stage is a process from inside: it reports every step, and stops where a gate is.
type stage struct {
	role
	out *os.File
	in  *bufio.Scanner

	mu    sync.Mutex
	gates []gate
	held  map[string]chan struct{}
}

// play is the main function of a process that a cell started.
func play(text string) int {
	s := &stage{out: os.NewFile(3, "reports"), in: bufio.NewScanner(os.Stdin), held: map[string]chan struct{}{}}
	if err := json.Unmarshal([]byte(text), &s.role); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s.gates = s.Gates
	parties := map[string]func(*stage) error{"broker": playBroker, "backend": playBackend, "client": playClient}
	if err := parties[s.Party](s); err != nil {
		fmt.Fprintln(os.Stderr, s.Name+":", err)
		return 1
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, s.Name+":", err)
		return 1
	}
	return 0
}

func (s *stage) say(r report) {
	line, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.out.Write(append(line, '\n')); err != nil {
		os.Exit(1) // nobody listens: the test is over
	}
}

// step reports a step, and stops if there is a gate.
func (s *stage) step(r report, err error) {
	r.Kind = "step"
	r.Err = text(err)
	s.say(r)
	for {
		g, open := s.reach(r.Op, r.Link)
		if open == nil {
			return
		}
		s.say(report{Kind: "stopped", Note: g.ID, Op: r.Op, Err: r.Err})
		<-open
	}
}

// reach takes the first gate that a step has come to, and returns it with what to wait
// for; nil: nothing.
func (s *stage) reach(op string, link uint64) (gate, chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, g := range s.gates {
		if g.Op == op && (g.Link == 0 || link == 0 || g.Link == link) {
			s.gates = append(s.gates[:i:i], s.gates[i+1:]...)
			open := make(chan struct{})
			s.held[g.ID] = open
			return g, open
		}
	}
	return gate{}, nil
}

// obey does what it is told, until the process is told to finish, or nobody tells it
// anything any more. own are the commands of one party.
func (s *stage) obey(own map[string]func(command) error) error {
	for s.in.Scan() {
		var c command
		if err := json.Unmarshal(s.in.Bytes(), &c); err != nil {
			return err
		}
		act := own[c.Do]
		if act == nil {
			act = s.common()[c.Do]
		}
		err := act(c)
		s.say(report{Kind: "done", Note: c.Do, Err: text(err)})
		if c.Do == "finish" {
			return err
		}
	}
	os.Exit(1)
	return nil
}

func (s *stage) common() map[string]func(command) error {
	return map[string]func(command) error{
		"arm": func(c command) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.gates = append(s.gates, c.Gate)
			return nil
		},
		"go": func(c command) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			if open := s.held[c.ID]; open != nil {
				close(open)
				delete(s.held, c.ID)
			}
			return nil
		},
		"open": func(command) error { // every gate, for good
			s.mu.Lock()
			defer s.mu.Unlock()
			s.gates = nil
			for id, open := range s.held {
				close(open)
				delete(s.held, id)
			}
			return nil
		},
		"link":     func(c command) error { return cut(s.link(c.PID)) },
		"garbage":  func(c command) error { return spoil(s.link(c.PID)) },
		"blocking": func(c command) error { return block(s.copies(c.PID)) },
		"copies":   func(c command) error { return some(s.copies(c.PID)) },
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// until waits for something that comes soon, by looking.
func until(what string, f func() bool) error {
	for end := time.Now().Add(patience); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("does not happen: %s", what)
		}
	}
	return nil
}
