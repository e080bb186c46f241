package main

// A check is one part of the chain: a command that ties two things together.
type check struct {
	name     string
	ties     string // what to what
	command  []string
	java     bool
	read     func() reader
	unwanted bool // left out by the caller
}

// chain returns the checks in their order: the cheap and the basic first.
func chain() []check {
	test := func(args ...string) []string {
		return append([]string{"go", "test", "-json", "-count=1"}, args...)
	}
	tlc := func(pattern string) []string {
		return []string{"go", "run", "./spec/tlc", "-json", "-only", pattern}
	}
	return []check{
		{name: "model", ties: "the model to its own rules, and the state machine to looplab/fsm",
			command: test("./fsm", "./fallback", "./model"), read: readGoTests},
		{name: "properties", ties: "the registry to the model, by drawn sequences, races, histories and fuzz corpora",
			command: test("./registry", "./registry/internal/store", "./proptest/...", "./fuzz", "-skip", "Walk"), read: readGoTests},
		{name: "golden graph", ties: "the registry to the model's state graph, along every step and every refusal",
			command: test("./proptest", "-run", "Walk"), read: readGoTests},
		{name: "graph equality", ties: "the model's state graph to the specification's, state for state and step for step",
			command: tlc("Graph*"), java: true, read: readLines},
		{name: "traces", ties: "what the code did to what the specification allows",
			command: []string{"go", "run", "./spec/trace", "-json"}, java: true, read: readLines},
		{name: "TLC", ties: "the specification to the guarantees, in every state of small constants",
			command: tlc("MC*,Witness*,Trace*"), java: true, read: readLines},
		{name: "must-fail models", ties: "the guarantees to the specification: each wrong model breaks the property that rules it out",
			command: tlc("Fail*,Claim*"), java: true, read: readLines},
		{name: "sockets", ties: "the protocol to real processes, sockets and faults",
			command: test("./internal/fdpass", "./wire", "./broker", "./broker/route", "./backend", "./client", "./compat", "./internal/obligations", "./internal/faultmatrix"), read: readGoTests},
		{name: "kill matrix", ties: "the tests to the code: each mutant is killed by the tests that are there to kill it",
			command: []string{"go", "run", "./internal/mutants", "-quick", "-jobs", "4", "-json"}, read: readLines},
	}
}
