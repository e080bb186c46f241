//go:build race

package wire_test

// raceEnabled: the race detector allocates.
const raceEnabled = true
