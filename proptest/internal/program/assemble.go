package program

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Assemble returns the program that text describes, one step a line. The documentation of
// proptest.Assemble describes the language. The error names the line and the word that it does
// not understand.
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
			err = assembleSetup(program[:headSize], words[1:])
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

func assembleSetup(code []byte, words []string) error {
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		var err error
		switch key {
		case "ack":
			code[0], err = index(ackDeadlineNames(), value)
		case "ttl":
			code[1], err = index(tokenTTLNames(), value)
		case "max":
			code[2], err = index(texts(maxPendings()), value)
		case "attempts":
			code[3], err = index([]string{"1", "2", "3", "4"}, value)
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
	if code[0], err = index(Ops(), words[0]); err != nil {
		return err
	}
	for _, word := range words[1:] {
		key, value, named := strings.Cut(word, "=")
		switch {
		case !named:
			code[1], err = encodeChoice(Tokens(), word)
		case key == "presented":
			code[2], err = encodeChoice(PresentedTokens(), value)
		case key == "backend":
			code[2], err = index([]string{"0", "1", "2", "3"}, value)
		case key == "now":
			code[3], err = encodeChoice(Instants(), value)
		default:
			err = assembleRandom(code, key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func assembleRandom(code []byte, key, value string) error {
	var n byte
	var err error
	switch key {
	case "rand":
		names := strings.Split(value, ",")
		for i, name := range names[:min(len(names), MaxAttempts)] {
			if n, err = index(Candidates(), name); err != nil {
				return err
			}
			code[4] |= n << (2 * i)
		}
	case "after":
		n, err = index([]string{"4", "3", "2", "1", "0"}, value)
		code[5] |= n
	case "fail":
		n, err = index(Failures(), value)
		code[5] |= n << 3
	case "chunk":
		n, err = index(texts(Chunks()), value)
		code[5] |= n << 5
	default:
		err = fmt.Errorf("unknown argument %q", key)
	}
	return err
}

// index returns the place of a name in its list.
func index(names []string, name string) (byte, error) {
	i := slices.Index(names, name)
	if i < 0 {
		return 0, fmt.Errorf("%q is none of %s", name, strings.Join(names, ", "))
	}
	return byte(i), nil
}

// encodeChoice returns the byte of a kind, with a number after a colon, as in pending:2.
func encodeChoice(kinds []string, word string) (byte, error) {
	kind, number, numbered := strings.Cut(word, ":")
	i, err := index(kinds, kind)
	if err != nil || !numbered {
		return i, err
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || int(i)+n*len(kinds) > 255 {
		return 0, fmt.Errorf("%q: the number must be from 0 to %d", word, (255-int(i))/len(kinds))
	}
	return i + byte(n*len(kinds)), nil
}

func texts(numbers []int) []string {
	var all []string
	for _, n := range numbers {
		all = append(all, strconv.Itoa(n))
	}
	return all
}
