package proptest_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// result is a testing.TB that only records whether a check failed.
type result struct {
	testing.TB // nil: no check calls its other methods

	mu      sync.Mutex
	failed  bool
	message string
}

// resultOf runs a check that may fail.
func resultOf(check func(rapid.TB)) *result {
	r := &result{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(r)
	}()
	<-done
	return r
}

func (r *result) Helper()             {}
func (r *result) Name() string        { return "result" }
func (r *result) Logf(string, ...any) {}
func (r *result) Log(...any)          {}
func (r *result) Attr(_, _ string)    {}

func (r *result) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	r.message += fmt.Sprintf(format, args...)
}

func (r *result) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *result) FailNow() {
	r.Errorf("")
	runtime.Goexit()
}

func (r *result) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}
