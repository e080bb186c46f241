package program

// A program is a setup of headSize bytes, followed by steps of stepSize bytes. Each byte is an
// index into a list, modulo its length, so that any bytes are a program. Bytes after the last
// whole step, and steps beyond maxSteps, are ignored.
const (
	headSize = 5
	stepSize = 6
	maxSteps = 128
)

// Decode returns the setup and the steps of a program.
func Decode(program []byte) (Setup, []Step) {
	head := make([]byte, headSize)
	body := program[copy(head, program):]
	setup := setupOf(int(head[0]), int(head[1]), int(head[2]), int(head[3]), head[4])
	var steps []Step
	for len(body) >= stepSize && len(steps) < maxSteps {
		steps = append(steps, decodeStep(body[:stepSize]))
		body = body[stepSize:]
	}
	return setup, steps
}

func decodeStep(b []byte) Step {
	s := Step{
		Op:        at(Ops(), int(b[0])),
		Token:     decodeChoice(Tokens(), b[1]),
		Presented: decodeChoice(PresentedTokens(), b[2]),
		Backend:   int(b[2]) % 4,
		Now:       decodeChoice(Instants(), b[3]),
	}
	for i := range s.Rand.Candidates {
		s.Rand.Candidates[i] = Candidates()[b[4]>>(2*i)&3]
	}
	s.Rand.After = MaxAttempts - int(b[5]&7)%(MaxAttempts+1)
	s.Rand.Failure = Failures()[b[5]>>3&3]
	s.Rand.Chunk = Chunks()[b[5]>>5&3]
	return s
}

func decodeChoice(kinds []string, b byte) Choice {
	return Choice{Kind: at(kinds, int(b)), N: int(b) / len(kinds)}
}
