package proptest_test

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

// TestMain raises rapid's defaults for the tests of this package. A flag or an environment variable
// takes precedence. Packages that import the kit get rapid's own defaults.
func TestMain(m *testing.M) {
	checks, steps := 10_000, 50
	if raceDetector {
		checks, steps = 300, 50
	}
	setDefault("RAPID_CHECKS", "rapid.checks", checks)
	setDefault("RAPID_STEPS", "rapid.steps", steps)
	flag.Parse()
	goleak.VerifyTestMain(m)
}

func setDefault(variable, name string, n int) {
	if _, set := os.LookupEnv(variable); set {
		return
	}
	if err := flag.Set(name, strconv.Itoa(n)); err != nil {
		panic(err)
	}
}

// number returns the value of a flag.
func number(t *testing.T, name string) int {
	t.Helper()
	n, err := strconv.Atoi(flag.Lookup(name).Value.String())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// setEffort sets the number of sequences and their mean length until the test ends. They are the
// same with -short, for which rapid divides them.
func setEffort(t *testing.T, checks, steps int) {
	t.Helper()
	if testing.Short() { // rapid divides them by these
		checks, steps = 5*checks, 2*steps
	}
	setFlag(t, "rapid.checks", strconv.Itoa(checks))
	setFlag(t, "rapid.steps", strconv.Itoa(steps))
}

// setFlag sets a flag until the test ends.
func setFlag(t *testing.T, name, value string) {
	t.Helper()
	f := flag.Lookup(name)
	before := f.Value.String()
	t.Cleanup(func() { _ = flag.Set(name, before) })
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
}
