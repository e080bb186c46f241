package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/handoff-go/handoff/broker"
	"github.com/handoff-go/handoff/broker/route"
	"github.com/handoff-go/handoff/client"
	"github.com/stretchr/testify/require"
)

const web = "web"

// modes are the two ways in which a client may use connections.
var modes = []struct {
	name string
	keep bool // one connection for many requests
}{{"keep-alive", true}, {"a connection each", false}}

// webWorld is a broker with two backends that serve HTTP.
func webWorld(t *testing.T) (w *world, address string, backends []*process) {
	// A client may be served, and come again, before the broker has read the ACK.
	o := patient()
	o.MaxInFlight = max(broker.DefaultMaxInFlight, 4**abreast)
	w = newWorld(t, o)
	address = w.serve("tcp", route.Fixed(web))
	for _, name := range []string{"one", "two"} {
		backends = append(backends, start(t, web, w.control, web, name))
	}
	return w, address, backends
}

// settled checks that of the connections that clients made, all were adopted and none got
// lost on its way, and returns how many requests the backends served.
func (w *world) settled(backends []*process) (requests int64) {
	w.t.Helper()
	s := w.resting()
	w.mu.Lock()
	require.Empty(w.t, w.strays)
	w.mu.Unlock()
	require.Zero(w.t, s.Fenced+s.Fallback+s.Proxied+s.Closed)
	require.Positive(w.t, s.Adopted)
	var owned uint64
	for _, p := range backends {
		did := p.checked()
		require.Positive(w.t, did.Requests, "each backend has its share")
		requests += did.Requests
		owned += did.Backend.Owned
	}
	require.Equal(w.t, s.Adopted, owned)
	w.t.Logf("%d requests on %d connections", requests, owned)
	return requests
}

// TestGoClient stands in for the other clients where they are not installed.
func TestGoClient(t *testing.T) {
	dialers := map[string]func(w *world, address string) func(context.Context, string, string) (net.Conn, error){
		"plain": func(_ *world, address string) func(context.Context, string, string) (net.Conn, error) {
			return func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", address)
			}
		},
		"explicit": func(w *world, _ string) func(context.Context, string, string) (net.Conn, error) {
			d := client.Dialer{Network: "unix", Address: w.serve("unix", nil), Service: web}
			return d.DialContext
		},
	}
	for kind, dialer := range dialers {
		for _, mode := range modes {
			t.Run(kind+", "+mode.name, func(t *testing.T) {
				w, address, backends := webWorld(t)
				transport := &http.Transport{DialContext: dialer(w, address), DisableKeepAlives: !mode.keep, MaxIdleConnsPerHost: 16}
				defer transport.CloseIdleConnections()
				get(t, &http.Client{Transport: transport, Timeout: hang}, *requests)
				transport.CloseIdleConnections()
				require.EqualValues(t, *requests, w.settled(backends))
			})
		}
	}
}

// Backends that have little room are busy most of the time, and nobody is sent away for it.
func TestNarrowBackendsLoseNobody(t *testing.T) {
	w := newWorld(t, patient())
	address := w.serve("tcp", route.Fixed(web))
	backends := []*process{start(t, "narrow", w.control, web, "one"), start(t, "narrow", w.control, web, "two")}
	dial := func(context.Context, string, string) (net.Conn, error) { return net.Dial("tcp", address) }
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	get(t, &http.Client{Transport: transport, Timeout: hang}, *requests)
	require.EqualValues(t, *requests, w.settled(backends))
}

// get makes n requests, 16 at a time, and checks every answer.
func get(t *testing.T, c *http.Client, n int) {
	t.Helper()
	const workers = 16
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			for i := worker; i < n; i += workers {
				if err := getOne(c, "http://web/"+strconv.Itoa(i), strconv.Itoa(i)); err != nil {
					t.Errorf("request %d: %v", i, err)
					return
				}
			}
		})
	}
	all.Wait()
}

// getOne makes a request, whose answer must be a name and what is wanted.
func getOne(c *http.Client, url, want string) error {
	r, err := c.Get(url)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	_, got, _ := strings.Cut(strings.TrimSuffix(string(b), "\n"), " ")
	if r.StatusCode != http.StatusOK || got != want {
		return fmt.Errorf("answer %q, status %d", b, r.StatusCode)
	}
	return nil
}

func TestCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed") // TestGoClient stands in
	}
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			w, address, backends := webWorld(t)
			const processes = 4
			each := (*requests + processes - 1) / processes
			var all sync.WaitGroup
			for range processes {
				all.Go(func() {
					if err := curlMany(curl, address, each, mode.keep); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			require.EqualValues(t, processes*each, w.settled(backends))
		})
	}
}

// curlMany makes n requests by one curl, and checks each answer, its status, and how many
// connections were made for it.
func curlMany(curl, address string, n int, keep bool) error {
	args := []string{"--silent", "--show-error", "--no-buffer", "--max-time", "600",
		"--write-out", "%{http_code} %{num_connects}\n", fmt.Sprintf("http://%s/[1-%d]", address, n)}
	if !keep {
		args = append([]string{"--header", "Connection: close"}, args...)
	}
	out, err := exec.Command(curl, args...).Output()
	if err != nil {
		return fmt.Errorf("curl: %w", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != 2*n {
		return fmt.Errorf("curl: %d lines for %d requests", len(lines), n)
	}
	for i := range n {
		connects := "1"
		if keep && i > 0 {
			connects = "0"
		}
		_, asked, _ := strings.Cut(lines[2*i], " ")
		if asked != strconv.Itoa(i+1) || lines[2*i+1] != "200 "+connects {
			return fmt.Errorf("curl: request %d: %q, %q", i+1, lines[2*i], lines[2*i+1])
		}
	}
	return nil
}

func TestWrk(t *testing.T) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		t.Skip("wrk is not installed") // TestGoClient stands in
	}
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			w, address, backends := webWorld(t)
			var made int
			for made < *requests { // it goes by time, not by number
				args := []string{"--threads", "2", "--connections", strconv.Itoa(*abreast), "--duration", "1s", "--timeout", "30s", "http://" + address + "/x"}
				if !mode.keep {
					args = append([]string{"--header", "Connection: close"}, args...)
				}
				out, err := exec.Command(wrk, args...).CombinedOutput()
				require.NoError(t, err, "%s", out)
				// It tells of errors only if there are any.
				require.NotContains(t, string(out), "Socket errors")
				require.NotContains(t, string(out), "Non-2xx")
				found := regexp.MustCompile(`(\d+) requests in`).FindSubmatch(out)
				require.NotNil(t, found, "%s", out)
				n, err := strconv.Atoi(string(found[1]))
				require.NoError(t, err)
				require.Positive(t, n)
				made += n
			}
			t.Logf("%d requests by its own count", made)
			// When its time is over it drops what is under way.
			require.GreaterOrEqual(t, w.settled(backends), int64(made))
		})
	}
}
