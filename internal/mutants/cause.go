package main

import (
	"regexp"
	"strings"
)

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
