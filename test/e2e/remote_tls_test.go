package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

// nginx fetches over TLS from a server whose certificate it can check, and from no
// other: who stands in for the other server sends nothing to clients.
func TestD1_RemoteIsVerified(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.txt"), contentA)
	certificate, authority := certificateFor(t, "localhost")
	origin := httptest.NewUnstartedServer(http.FileServer(http.Dir(dir)))
	origin.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	origin.StartTLS()
	t.Cleanup(origin.Close)
	_, port, _ := net.SplitHostPort(origin.Listener.Addr().String())
	listen := "unix:" + filepath.Join(t.TempDir(), "s")
	conf := frontConf(t, "", dir, listen, fmt.Sprintf("[[offload]]\nfront = \"nginx\"\nsource = \"files\"\ndestination = \"/_internal/files/\"\nremote = \"https://localhost:%s/\"\n", port))
	server.Downlink(t, []string{"--config", conf})
	trusted := filepath.Join(t.TempDir(), "ca.pem")
	write(t, trusted, string(authority))
	for file, want := range map[string]int{trusted: 200, "/etc/ssl/certs/ca-certificates.crt": 502} {
		addr := server.FreePort(t)
		text := server.Run(t, "front", "nginx", "--config", conf, "--listen", addr, "--access-log", "off")
		server.Front(t, nginx, addr, strings.ReplaceAll(text, "/etc/ssl/certs/ca-certificates.crt", file))
		resp, body := fetch(t, "http://"+addr+"/files/a.txt")
		if resp.StatusCode != want || (body == contentA) != (want == 200) {
			t.Errorf("authorities of %s: %d %q, want %d", file, resp.StatusCode, body, want)
		}
	}
}

// certificateFor is a server's certificate for a name, and that of its authority.
func certificateFor(t *testing.T, name string) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
