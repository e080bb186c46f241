package faultmatrix_test

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

var (
	update = flag.Bool("update", false, "add what this run saw to docs/faults.md")
	repeat = flag.Int("repeat", 1, "how often to run each cell")
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	flag.Parse()
	if !flagIsSet("test.parallel") { // cells wait more than they work
		if err := flag.Set("test.parallel", "6"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

func flagIsSet(name string) bool {
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}
