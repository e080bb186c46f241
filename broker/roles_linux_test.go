package broker_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/handoff-go/handoff/backend"
	"github.com/handoff-go/handoff/internal/socktest"
	"golang.org/x/sys/unix"
)

// roles are what this test binary does as another process: see child.
func roles() map[string]func(args []string) error {
	return map[string]func([]string) error{"link": linkOnce, "echo": echoUntilEOF, "starved": starved}
}

// linkOnce links a backend and prints how it went.
func linkOnce(args []string) error {
	answer, err := linkAnswer(args[0])
	if err == nil {
		fmt.Println(answer)
	}
	return err
}

// linkAnswer links a backend, ends the link, and returns how it went: "linked", or the reason of
// the broker's refusal.
func linkAnswer(control string) (string, error) {
	ln, err := backend.Listen(context.Background(), control, service, backend.Options{})
	if refused := (*backend.RefusedError)(nil); errors.As(err, &refused) {
		return refused.Reason.String(), nil
	}
	if err != nil {
		return "", err
	}
	return "linked", ln.Close()
}

// echoUntilEOF serves echo under a name until its standard input ends, and then drains.
func echoUntilEOF(args []string) error {
	ln, err := backend.Listen(context.Background(), args[0], service, backend.Options{})
	if err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		socktest.EchoLines(args[1], ln)
	}()
	fmt.Println("linked")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	if err := ln.Drain(context.Background()); err != nil {
		return err
	}
	<-done
	s := ln.Stats().Descriptors
	fmt.Printf("open %d\n", s.Open)
	return nil
}

// starved is echoUntilEOF, but each line that it reads takes away all descriptors that it
// could open, or gives them back.
func starved(args []string) error {
	ln, err := backend.Listen(context.Background(), args[0], service, backend.Options{})
	if err != nil {
		return err
	}
	defer ln.Close()
	go socktest.EchoLines("starved", ln)
	fmt.Println("linked")
	var all unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &all); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for none := true; lines.Scan(); none = !none {
		limit := all
		if none {
			limit.Cur = 3
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			return err
		}
		fmt.Println("done")
	}
	return nil
}
