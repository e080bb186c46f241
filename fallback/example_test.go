package fallback_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/handoff-go/handoff/fallback"
)

// A backend that fails twice within ten seconds is limited for the rest of them.
func ExampleLimiter() {
	limiter, err := fallback.NewLimiter(fallback.Policy{MaxFailures: 2, Window: 10 * time.Second})
	if err != nil {
		panic(err)
	}
	now := time.Now()

	limiter.Fail("cache", now)
	fmt.Println(limiter.Check("cache", now))

	now = now.Add(3 * time.Second)
	limiter.Fail("cache", now)
	fmt.Println(limiter.Check("cache", now))

	now = now.Add(7 * time.Second)
	fmt.Println(limiter.Check("cache", now))

	// Output:
	// go ahead
	// reconnect: failed-attempt-rate-limited, retry after 7s
	// go ahead
}

func ExampleDecision() {
	decision := fallback.Decision{Reason: fallback.BackendAckTimeout}
	if decision != (fallback.Decision{}) {
		fmt.Println("not handed over:", decision.Reason)
	}
	// Output:
	// not handed over: backend-ack-timeout
}

func ExampleOptionError() {
	_, err := fallback.NewLimiter(fallback.Policy{Window: -time.Second})

	var refused *fallback.OptionError
	if errors.As(err, &refused) {
		fmt.Println(refused.Option, "is no good:", refused.Problem)
	}
	// Output:
	// Window is no good: -1s is negative
}
