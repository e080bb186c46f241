package proptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A program is a setup of headSize bytes and then steps of stepSize bytes. Each
// byte picks from a list, counted around, so that any bytes are a program. What
// is left over at the end, or beyond maxSteps, counts for nothing.
const (
	headSize = 5
	stepSize = 6
	maxSteps = 128
)

// decode returns what a program says.
func decode(program []byte) (setup, []step) {
	head := make([]byte, headSize)
	body := program[copy(head, program):]
	setup := setupOf(int(head[0]), int(head[1]), int(head[2]), int(head[3]), head[4])
	var steps []step
	for len(body) >= stepSize && len(steps) < maxSteps {
		steps = append(steps, decodeStep(body[:stepSize]))
		body = body[stepSize:]
	}
	return setup, steps
}

func decodeStep(b []byte) step {
	p := step{
		op:      around(opNames(), int(b[0])),
		token:   decodePick(tokenNames(), b[1]),
		other:   decodePick(presentedNames(), b[2]),
		backend: int(b[2]) % 4,
		when:    decodePick(whenNames(), b[3]),
	}
	for i := range p.rand.candidates {
		p.rand.candidates[i] = candidateNames()[b[4]>>(2*i)&3]
	}
	p.rand.after = maxAttempts - int(b[5]&7)%(maxAttempts+1)
	p.rand.failure = failureNames()[b[5]>>3&3]
	p.rand.chunk = chunks()[b[5]>>5&3]
	return p
}

func decodePick(names []string, b byte) pick {
	return pick{of: around(names, int(b)), n: int(b) / len(names)}
}

// Assemble writes a program for [Replay] from text, one step a line:
//
//	options ack=3ns ttl=+1ns max=2 attempts=2 trace
//	Begin backend=1
//	Consume pending presented=near now=end-1
//	Acknowledge pending now=end # at the deadline
//
// The first line may set options; then come operations with their arguments,
// each of which may be absent. Text after # is a comment. The arguments are
//
//   - a token: pending, issued, consumed, dead, foreign, near (one bit off a
//     live one), zero, live; pending:2 is the third of those that are;
//   - presented=, for Consume: same, live, dead, foreign, near, zero;
//   - backend=0 to 3;
//   - now=: now, tick (1 ns later), half (half a deadline later), back,
//     long-back, end-1, end, end+1 (of the token's record), first-1, first,
//     first+1, last, last+1 (of all records), some-1, some, and the far ones
//     zero-time, year-9999, lowest, below-lowest, highest, near-highest; the
//     clock follows, except with an odd number, as in end:1;
//   - rand=fresh,live,dead,zero: up to four tokens that the random source gives;
//     after=2: it fails after two of them; fail=: error, eof, short-error,
//     short-eof; chunk=: 16, 1, 7, 5 bytes a Read.
//
// Options are ack= (3ns, 2ns, 1ns, 10ns, default, never-10ns, never+10ns,
// longest), ttl= (that much more than ack: +1ns, +0ns, +2ns, +4ns, +20ns, +1m,
// never, default), max= (2, 1, 3, 4, 8, 40), attempts= (1 to 4), and the flags
// far, trace, quiet (no OnExit) and nested (callbacks call the registry).
//
// Besides the operations of [Registry] there are Fill, which begins and issues
// until there is no more room, and Thin, which ends some of what is live. The
// error names the line that cannot be read.
func Assemble(text string) ([]byte, error) {
	program := make([]byte, headSize)
	first := true
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var err error
		if first && words[0] == "options" {
			err = assembleOptions(program[:headSize], words[1:])
		} else {
			code := make([]byte, stepSize)
			err = assembleStep(code, words)
			program = append(program, code...)
		}
		if err != nil {
			return nil, fmt.Errorf("proptest: line %d: %w", i+1, err)
		}
		first = false
	}
	return program, nil
}

func assembleOptions(code []byte, words []string) error {
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		var err error
		switch key {
		case "ack":
			code[0], err = encode(ackNames(), value)
		case "ttl":
			code[1], err = encode(ttlNames(), value)
		case "max":
			code[2], err = encode(numbers(maxima()), value)
		case "attempts":
			code[3], err = encode([]string{"1", "2", "3", "4"}, value)
		default:
			i := slices.Index(flagNames(), word)
			if i < 0 {
				return fmt.Errorf("unknown option %q", word)
			}
			code[4] |= 1 << i
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func assembleStep(code []byte, words []string) error {
	var err error
	if code[0], err = encode(opNames(), words[0]); err != nil {
		return err
	}
	for _, word := range words[1:] {
		key, value, named := strings.Cut(word, "=")
		switch {
		case !named:
			code[1], err = encodePick(tokenNames(), word)
		case key == "presented":
			code[2], err = encodePick(presentedNames(), value)
		case key == "backend":
			code[2], err = encode([]string{"0", "1", "2", "3"}, value)
		case key == "now":
			code[3], err = encodePick(whenNames(), value)
		default:
			err = assembleScript(code, key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func assembleScript(code []byte, key, value string) error {
	var n byte
	var err error
	switch key {
	case "rand":
		names := strings.Split(value, ",")
		for i, name := range names[:min(len(names), maxAttempts)] {
			if n, err = encode(candidateNames(), name); err != nil {
				return err
			}
			code[4] |= n << (2 * i)
		}
	case "after":
		n, err = encode([]string{"4", "3", "2", "1", "0"}, value)
		code[5] |= n
	case "fail":
		n, err = encode(failureNames(), value)
		code[5] |= n << 3
	case "chunk":
		n, err = encode(numbers(chunks()), value)
		code[5] |= n << 5
	default:
		err = fmt.Errorf("unknown argument %q", key)
	}
	return err
}

// encode returns the number of a name, which decode turns back.
func encode(names []string, name string) (byte, error) {
	i := slices.Index(names, name)
	if i < 0 {
		return 0, fmt.Errorf("%q is none of %s", name, strings.Join(names, ", "))
	}
	return byte(i), nil
}

func encodePick(names []string, word string) (byte, error) {
	name, number, counted := strings.Cut(word, ":")
	i, err := encode(names, name)
	if err != nil || !counted {
		return i, err
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || int(i)+n*len(names) > 255 {
		return 0, fmt.Errorf("%q counts too far", word)
	}
	return i + byte(n*len(names)), nil
}

func numbers(of []int) []string {
	var names []string
	for _, n := range of {
		names = append(names, strconv.Itoa(n))
	}
	return names
}
