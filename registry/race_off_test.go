//go:build !race

package registry_test

// raceEnabled: the race detector allocates, and is slow.
const raceEnabled = false
