package e2e_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/handoff-go/handoff/broker/route"
	"github.com/stretchr/testify/require"
)

// TLS ends in the backend: the broker reads which host the client names, and not a byte
// is missing afterwards.
func TestTLSGoesThroughToTheBackendOfItsName(t *testing.T) {
	w := newWorld(t, patient())
	address := w.serve("tcp", route.SNI(map[string]string{"one.example": "first", "*.two.example": "second"}))
	hosts := map[string]string{"one.example": "first", "a.two.example": "second", "b.two.example": "second"}
	certificates := map[string]*certificate{
		"first":  certify(t, "first", "one.example"),
		"second": certify(t, "second", "a.two.example", "b.two.example"),
	}
	var backends []*process
	for service, c := range certificates {
		backends = append(backends, start(t, web, w.control, service, service, c.path, c.key))
	}
	n := max(1, *requests/10)
	var asked int64
	for host, service := range hosts {
		for _, protocol := range []string{"http/1.1", "h2"} {
			transport := certificates[service].transport(address, protocol)
			c := &http.Client{Transport: transport, Timeout: hang}
			for i := range n {
				require.NoError(t, getOne(c, "https://"+host+"/"+strconv.Itoa(i), strconv.Itoa(i)+" "+host))
				if i%10 == 9 {
					transport.CloseIdleConnections() // so the next one shakes hands again
				}
			}
			r, err := c.Get("https://" + host + "/")
			require.NoError(t, err)
			require.NoError(t, r.Body.Close())
			require.Equal(t, map[string]int{"http/1.1": 1, "h2": 2}[protocol], r.ProtoMajor)
			require.Equal(t, service, r.TLS.PeerCertificates[0].Subject.CommonName)
			transport.CloseIdleConnections()
			asked += int64(n) + 1
		}
	}
	t.Run("curl", func(t *testing.T) {
		curl, err := exec.LookPath("curl")
		if err != nil {
			t.Skip("curl is not installed") // the Go client above stands in
		}
		for host, service := range hosts {
			curlTLS(t, curl, address, host, service, certificates[service].path)
			asked++
		}
	})
	require.Equal(t, asked, w.settled(backends))

	_, err := (&http.Client{Transport: certificates["first"].transport(address, "h2")}).Get("https://other.example/")
	require.Error(t, err)
	eventually(t, func() bool { return w.broker.Stats().Closed == 1 }, "a client of another name is not sent away")
}

// curlTLS makes a request by curl and checks the answer.
func curlTLS(t *testing.T, curl, address, host, service, certificate string) {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	out, err := exec.Command(curl, "--silent", "--show-error", "--max-time", "30", "--cacert", certificate,
		"--resolve", host+":"+port+":127.0.0.1", "https://"+host+":"+port+"/x").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, service+" x "+host+"\n", string(out))
}

// certificate is one that nobody else has signed, in files for a backend.
type certificate struct {
	path, key string
	roots     *x509.CertPool
}

// certify makes the certificate of a service for its hosts.
func certify(t *testing.T, service string, hosts ...string) *certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: service}, DNSNames: hosts,
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	dir := t.TempDir()
	c := &certificate{path: filepath.Join(dir, "certificate"), key: filepath.Join(dir, "key"), roots: x509.NewCertPool()}
	c.roots.AddCert(leaf)
	require.NoError(t, os.WriteFile(c.path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(c.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	return c
}

// transport speaks a protocol to whoever has the certificate, by way of address.
func (c *certificate) transport(address, protocol string) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		},
		TLSClientConfig:   &tls.Config{RootCAs: c.roots},
		ForceAttemptHTTP2: protocol == "h2",
	}
}
