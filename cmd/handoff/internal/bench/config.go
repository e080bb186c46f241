package bench

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Config says what to measure. Start from DefaultConfig.
type Config struct {
	N        int      // handoffs of each way, each number in flight and each network
	InFlight []int    // how many at once
	Networks []string // of the clients
}

// DefaultConfig returns what is measured without flags.
func DefaultConfig() Config { return Config{N: 4000, InFlight: []int{1, 32}, Networks: networks()} }

func (c *Config) register(flags *flag.FlagSet) {
	flags.IntVar(&c.N, "n", c.N, "`number` of handoffs, and of reconnects, in each measurement")
	flags.Func("in-flight", "`numbers` of clients at once, like 1,32 (the default)", func(s string) error {
		c.InFlight = nil
		for _, item := range strings.Split(s, ",") {
			n, err := strconv.Atoi(item)
			if err != nil {
				return fmt.Errorf("%q is no number", item)
			}
			c.InFlight = append(c.InFlight, n)
		}
		return nil
	})
	flags.Func("network", "`networks` of the clients, like unix,tcp (the default)", func(s string) error {
		c.Networks = strings.Split(s, ",")
		return nil
	})
}

// Validate returns a *ConfigError for a value out of its range.
func (c Config) Validate() error {
	if err := within("n", c.N, 100, 1_000_000); err != nil {
		return err
	}
	for _, n := range c.InFlight {
		if err := within("in-flight", n, 1, 256); err != nil {
			return err
		}
	}
	for _, network := range c.Networks {
		if err := checkNetwork(network); err != nil {
			return err
		}
	}
	return nil
}

// SoakConfig says how long to soak. Start from DefaultSoakConfig.
type SoakConfig struct {
	N        int           // handoffs, as the registry counts them
	InFlight int           // clients at once
	Network  string        // of the clients
	Faults   bool          // inject faults at random
	Limit    time.Duration // stop then, if N is not reached
}

// DefaultSoakConfig returns what a soak does without flags.
func DefaultSoakConfig() SoakConfig {
	return SoakConfig{N: 100_000, InFlight: 32, Network: "unix", Faults: true, Limit: 15 * time.Minute}
}

func (c *SoakConfig) register(flags *flag.FlagSet) {
	flags.IntVar(&c.N, "n", c.N, "`number` of handoffs")
	flags.IntVar(&c.InFlight, "in-flight", c.InFlight, "`number` of clients at once")
	flags.StringVar(&c.Network, "network", c.Network, "`network` of the clients, unix or tcp")
	flags.BoolVar(&c.Faults, "faults", c.Faults, "inject faults at random")
	flags.DurationVar(&c.Limit, "limit", c.Limit, "stop after this `time`, if there were not so many yet")
}

// Validate returns a *ConfigError for a value out of its range.
func (c SoakConfig) Validate() error {
	if err := within("n", c.N, 1000, 100_000_000); err != nil {
		return err
	}
	if err := within("in-flight", c.InFlight, 1, 256); err != nil {
		return err
	}
	if c.Limit <= 0 {
		return &ConfigError{Flag: "limit", Value: c.Limit.String(), Want: "more than nothing"}
	}
	return checkNetwork(c.Network)
}
