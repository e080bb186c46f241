package e2e_test

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"testing"

	"github.com/handoff-go/handoff/broker/route"
	"github.com/stretchr/testify/require"
)

// Backends are replaced one after the other while requests are made, each on a connection
// of its own: not one of them is lost.
func TestRollingDeployLosesNothing(t *testing.T) {
	w := newWorld(t, patient())
	address := w.serve("tcp", route.Fixed(web))
	running := []*process{start(t, web, w.control, web, "0"), start(t, web, w.control, web, "1")}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("tcp", address)
	}}
	c := &http.Client{Transport: transport, Timeout: hang}

	stop := make(chan struct{})
	asked := make(chan int64, 1)
	go func() {
		var n int64
		defer func() { asked <- n }()
		for {
			select {
			case <-stop:
				return
			default:
				get(t, c, 50)
				n += 50
			}
		}
	}()
	var served int64
	for i := range 4 {
		running = append(running, start(t, web, w.control, web, strconv.Itoa(2+i)))
		links := w.broker.Stats().Links
		require.Equal(t, 3, links)
		did := running[i].checked() // it drains, and ends
		require.Positive(t, did.Requests)
		served += did.Requests
		eventually(t, func() bool { return w.broker.Stats().Links == 2 }, "the link of a backend that is gone is left")
	}
	close(stop)
	n := <-asked
	for _, p := range running[4:] {
		served += p.checked().Requests
	}
	w.resting()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Empty(t, w.strays)
	require.Equal(t, n, served)
	t.Logf("%d requests, %d backends", n, len(running))
}
