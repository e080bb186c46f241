package demo

import (
	"path/filepath"
	"strconv"
	"time"

	"github.com/handoff-go/handoff/cmd/handoff/internal/plan"
)

// Every wait of the demo has one of these limits. None decides an outcome: those
// that are reached end the run with an error, except for ackDeadline, and what
// settleLimit ends is counted.
const (
	ackDeadline  = time.Second      // what a backend has for its ACK
	settleLimit  = 4 * time.Second  // for a holder to let go: the reader of a slow one waits for deadlines
	pingInterval = 10 * time.Second // longer than that reader waits
	startLimit   = 30 * time.Second
	requestLimit = 10 * time.Second // for a client's request line to arrive
	attemptLimit = 30 * time.Second // for one GET, start of a backend included
	closeLimit   = 10 * time.Second // for the end of a connection behind its answer
	finishLimit  = 15 * time.Second // for a process to end when told so
)

// offersEach is how many backends a connection is offered to, at most.
const offersEach = 2

// A place is a socket in the directory of the run.
type place string

// The places.
const (
	controlPlace  place = "control"  // where backends link
	explicitPlace place = "explicit" // where clients of the explicit mode connect
	directPlace   place = "direct"   // where backend-2 serves whoever connects directly
)

func (p place) in(dir string) string { return filepath.Join(dir, string(p)) }

// args returns the flags that make another process read the same Config.
func (c Config) args(dir string) []string {
	return []string{
		"--seed=" + strconv.FormatUint(c.Seed, 10),
		"--connections=" + strconv.Itoa(c.Connections),
		"--parallel=" + strconv.Itoa(c.Parallel),
		"--faults=" + c.Faults.String(),
		"--trace=" + c.Trace,
		"--dir=" + dir,
	}
}

func (c Config) plan() plan.Plan { return plan.New(c.Seed, c.Connections, c.Faults) }
