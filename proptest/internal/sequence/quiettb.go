package sequence

import "testing"

// QuietTB drops what is logged unless the test fails, as rapid does: then it logs the last 200
// lines.
type QuietTB struct {
	testing.TB
	lines []logLine
}

type logLine struct {
	format string
	args   []any
}

// Logf implements [testing.TB].
func (q *QuietTB) Logf(format string, args ...any) {
	q.lines = append(q.lines, logLine{format, args})
}

// Fatalf implements [testing.TB].
func (q *QuietTB) Fatalf(format string, args ...any) {
	q.Helper()
	for _, line := range q.lines[max(0, len(q.lines)-200):] {
		q.TB.Logf(line.format, line.args...)
	}
	q.TB.Fatalf(format, args...)
}
