package wire_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain makes rapid check each property a thousand times, which takes a second, unless the
// command line sets a number or asks for a short run.
func TestMain(m *testing.M) {
	flag.Parse()
	asked := testing.Short()
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		if err := flag.Set("rapid.checks", "1000"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
