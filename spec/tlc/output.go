package main

import (
	"strconv"
	"strings"
	"time"
)

// result is what a run of TLC has shown.
type result struct {
	verdict  verdict
	property string // what TLC names as violated
	exit     int
	states   int    // distinct ones
	text     string // what TLC said, for a person

	processor time.Duration // user and system time of TLC, which other work on the machine hardly changes
}

func failed(err error) result {
	return result{verdict: broken, exit: -1, text: err.Error()}
}

// With -tool, TLC puts each message between two lines, the first with its code.
const (
	messageStart = "@!@!@STARTMSG "
	messageEnd   = "@!@!@ENDMSG "
)

// decides returns the verdict that TLC's message of a code is. All others are
// information, or errors, which an exit code goes with that no verdict has.
func decides(code string) (verdict, bool) {
	switch code {
	case "2193":
		return holds, true
	case "2104":
		return assumption, true
	case "2107", "2110": // the first by an initial state
		return invariant, true
	case "2108", "2112": // the first by an initial state
		return action, true
	case "2114":
		return deadlock, true
	case "2116":
		return liveness, true
	}
	return "", false
}

// read makes a result of TLC's output. It is broken unless exactly one message
// decides, and the exit code agrees with it.
func read(output string, exit int) result {
	r := result{verdict: broken, exit: exit}
	var text strings.Builder
	var decided []verdict
	message := "" // the code of the one that a line is in
	for line := range strings.Lines(output) {
		code, starts := strings.CutPrefix(line, messageStart)
		switch {
		case starts:
			message, _, _ = strings.Cut(code, ":")
			continue
		case strings.HasPrefix(line, messageEnd):
			if v, ok := decides(message); ok { // only once it is whole
				decided = append(decided, v)
			}
			message = ""
			continue
		case message != "":
			r.learn(line)
		}
		text.WriteString(line)
	}
	r.text = strings.TrimSpace(text.String())
	if len(decided) == 1 {
		if code, ok := decided[0].exit(); ok && code == exit {
			r.verdict = decided[0]
		}
	}
	return r
}

// learn takes from a line of a message what has a place in the result.
func (r *result) learn(line string) {
	for _, kind := range []string{"Invariant ", "Action property ", "Property "} {
		rest, ok := strings.CutPrefix(line, kind)
		if name, _, says := strings.Cut(rest, " is violated"); ok && says && !strings.Contains(name, " ") {
			r.property = name
		}
	}
	words := strings.Fields(line)
	if len(words) > 4 && strings.Join(words[1:3], " ") == "states generated," && words[4] == "distinct" {
		r.states, _ = strconv.Atoi(words[3]) // digits; too many of them differ from any expectation
	}
}
