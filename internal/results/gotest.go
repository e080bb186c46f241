package results

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"
)

// A TestEvent is one line of go test -json, as "go doc test2json" describes it.
type TestEvent struct {
	Action  string // "run", "output", "attr", "pass", "fail", "skip", "build-output", "build-fail", ...
	Package string // the import path; empty for build events
	Test    string // empty: the event is the package's
	Output  string
	Elapsed float64 // seconds, of "pass", "fail" and "skip"

	Key, Value  string // of "attr": what a test said of itself with testing.TB's Attr
	ImportPath  string // of build events
	FailedBuild string // of a package's "fail": the import path that did not build
}

// ParseTest reads one line of go test -json.
func ParseTest(text []byte) (TestEvent, error) {
	var e TestEvent
	if err := json.Unmarshal(text, &e); err != nil {
		return TestEvent{}, fmt.Errorf("not a test event: %w: %.200s", err, text)
	}
	if e.Action == "" {
		return TestEvent{}, fmt.Errorf("not a test event: no action: %.200s", text)
	}
	return e, nil
}

// Top returns the name of the test function, which a subtest has before its first slash, and
// whether the event is a subtest's.
func (e TestEvent) Top() (name string, sub bool) {
	name, _, sub = strings.Cut(e.Test, "/")
	return name, sub
}

// Name returns the test as people call it: "registry.TestAllocs/part", or the package alone. For
// build events, which have no package, it is the import path.
func (e TestEvent) Name() string {
	switch {
	case e.Package == "":
		return e.ImportPath
	case e.Test == "":
		return path.Base(e.Package)
	}
	return path.Base(e.Package) + "." + e.Test
}

// Took returns Elapsed as a duration.
func (e TestEvent) Took() time.Duration { return time.Duration(e.Elapsed * float64(time.Second)) }
