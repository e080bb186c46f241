package main

import (
	"fmt"
	"regexp"
	"strings"
)

// A verdict is what a layer said of a fault.
type verdict struct {
	runs   int    // 0: it was not asked, or cannot see the fault
	caught int    // how many of them failed
	hung   int    // how many of them ran out of time
	saw    string // what the first of these printed, in short
}

func (v *verdict) add(r result) {
	v.runs++
	if r.caught {
		v.caught++
	}
	if r.hung {
		v.hung++
	}
	if v.saw == "" {
		v.saw = r.saw
	}
}

// finds reports whether the layer found the fault, in every run.
func (v verdict) finds(f fault) bool {
	caught := v.caught
	if f.hangs {
		caught += v.hung
	}
	return v.runs > 0 && caught == v.runs
}

// String returns the verdict as the matrix shows it.
func (v verdict) String() string {
	switch {
	case v.runs == 0:
		return "."
	case v.caught == v.runs:
		return "caught"
	case v.hung == v.runs:
		return "hung"
	case v.caught+v.hung == 0:
		return "-"
	case v.hung == 0:
		return fmt.Sprintf("%d of %d", v.caught, v.runs)
	}
	return fmt.Sprintf("%d, %d hung", v.caught, v.hung)
}

// signs tell the line of a test's output that says what failed, the best first.
func signs() []string {
	return []string{`panic: `, `\[rapid\] (failed|panic)`, `DATA RACE`, `^\s+Error:`, `^\s+\w+\.go:\d+: \S`, `^--- FAIL`}
}

// cause returns the line of a test's output that says best what failed.
func cause(printed string) string {
	for _, sign := range signs() {
		if line := regexp.MustCompile("(?m)^.*?(?:" + sign + ").*$").FindString(printed); line != "" {
			line = strings.Join(strings.Fields(line), " ")
			return line[:min(len(line), 200)]
		}
	}
	return ""
}
