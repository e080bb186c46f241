package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var (
	requests = flag.Int("requests", 2000, "how many HTTP requests each client makes in each mode")
	abreast  = flag.Int("abreast", 64, "how many connections wrk has at a time")
	body     = flag.Int("body", 64, "how many MiB go each way in one body")
	silent   = flag.Int("silent", 10000, "how many clients connect and say nothing")
	dripping = flag.Int("dripping", 1000, "how many backends say it a byte at a time")
)

// hang is how long a step may take before the test is taken to hang.
const hang = 30 * time.Second

func TestMain(m *testing.M) {
	if role := os.Getenv("HANDOFF_ROLE"); role != "" {
		if err := roles()[role](os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, role+":", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	goleak.VerifyTestMain(m)
}
