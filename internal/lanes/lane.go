package main

import (
	"cmp"
	"os"
	"time"
)

// A lane is one kind of check.
type lane struct {
	name  string
	shows string        // what a lane that passes has shown
	track string        // lanes of one track run one after the other
	tools []tool        // without one of them the lane fails as not checked
	steps []step        // one after the other, each whatever became of those before
	work  time.Duration // the processor time that it takes when all is compiled
	limit time.Duration // a lane that takes longer has failed
}

// A step is one command of a lane.
type step struct {
	command []string
	read    func(step) reader
}

// A tool is what a lane needs beside Go.
type tool struct {
	programs    string   // separated by blanks; on the PATH
	packages    string   // the Debian packages that have them
	consequence string   // of a program that is missing and cannot be installed
	prepare     []string // a command that makes it ready, before anything uses it; nil: nothing to do
}

func java() tool {
	return tool{
		programs: "java mvn", packages: "openjdk-17-jre-headless maven", consequence: "the specification was NOT checked",
		prepare: []string{"go", "run", "./spec/tlc", "-fetch"},
	}
}

func compiler() tool {
	return tool{programs: cmp.Or(os.Getenv("CC"), "gcc"), packages: "gcc", consequence: "the race detector was NOT run"}
}

// lanes are all lanes.
func lanes() []lane {
	return []lane{
		{
			name: "vet", track: "go", shows: "go vet finds nothing",
			work: 20 * time.Second, limit: 10 * time.Minute,
			steps: []step{{[]string{"go", "vet", "./..."}, readPlain}},
		},
		{
			name: "unit", track: "go", shows: "unit and property tests, fuzz corpora, golden files, the fault matrix",
			work: 140 * time.Second, limit: 40 * time.Minute,
			steps: []step{{[]string{"go", "test", "-json", "-vet=off", "-timeout", "30m", "./..."}, readGoTests}},
		},
		{
			name: "race", track: "go", shows: "the tests of packages with goroutines again under the race detector, with fewer cases",
			tools: []tool{compiler()}, work: 150 * time.Second, limit: 40 * time.Minute,
			steps: []step{{append([]string{"go", "test", "-json", "-vet=off", "-timeout", "30m", "-race", "-short", "-skip", sequential()}, concurrent()...), readGoTests}},
		},
		{
			name: "spec", track: "java", shows: "TLC finds in each model what the manifest says",
			tools: []tool{java()}, work: 330 * time.Second, limit: 60 * time.Minute,
			steps: []step{{[]string{"go", "run", "./spec/tlc", "-json", "-workers", "1"}, readResults}},
		},
		{
			name: "traces", track: "java", shows: "fresh traces of the code are paths of the specification, mutants of them are not",
			tools: []tool{java()}, work: 50 * time.Second, limit: 30 * time.Minute,
			steps: []step{
				{[]string{"go", "run", "./spec/trace", "-json"}, readResults},
				{[]string{"go", "run", "./cmd/handoff", "trace", "-o", ".cache/trace.txt"}, readPlain},
				{[]string{"go", "run", "./spec/trace", "-json", "-file", ".cache/trace.txt", "-mutants", "100"}, readResults},
				{[]string{"go", "run", "./cmd/handoff", "demo", "--connections", "200", "--trace", ".cache/demo.txt"}, readPlain},
				{[]string{"go", "run", "./spec/trace", "-json", "-file", ".cache/demo.txt", "-mutants", "50"}, readResults},
			},
		},
	}
}

// concurrent are the packages that start goroutines. In the others the race detector can find
// nothing that the unit lane does not.
func concurrent() []string {
	return []string{
		"./backend",
		"./broker",
		"./broker/route",
		"./client",
		"./cmd/handoff/internal/bench",
		"./cmd/handoff/internal/demo",
		"./cmd/handoff/internal/tracing",
		"./compat",
		"./fallback",
		"./internal/command",
		"./internal/e2e",
		"./internal/faultmatrix",
		"./internal/fdpass",
		"./internal/lanes",
		"./internal/mutants",
		"./internal/mutants/generic",
		"./internal/mutation",
		"./internal/obligations",
		"./internal/socktest",
		"./internal/verify",
		"./proptest",
		"./proptest/internal/history",
		"./proptest/internal/race",
		"./proptest/internal/sequence",
		"./quickstart/broker",
		"./registry",
		"./spec/tlc",
		"./wire",
	}
}

// sequential matches tests that run one goroutine and take long under the race detector, which can
// find nothing in them: those of proptest that compare sequences of calls with the model or walk
// its graph, and those that fill the memory and look at its size. The race lane leaves them out;
// the unit lane has them with all their cases.
func sequential() string {
	return "^(TestRegistry|TestMapRegistry|TestBrokenRegistriesAreFound|TestBrokenOptionsAreFound|TestG[1-8].*" +
		"|TestRegistryWalks|TestMapRegistryWalks|TestWalkFinds.*|TestMemoryOfNames.*)$"
}
