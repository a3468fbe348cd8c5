package e2e

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nginx limits the rate of all its answers: a rule without limit is told so in the
// one way that nginx understands.
func TestD1_LimitRateOffThroughNginx(t *testing.T) {
	c := admit(t, ailment{
		toml: func(text, _ string) string { return text + "limit_rate = \"off\"\n" },
		conf: replace("server_tokens off;", "server_tokens off; limit_rate 10k;"),
	})
	write(t, filepath.Join(c.dir, "big.txt"), strings.Repeat("x", 400<<10)) // 40 s at that rate
	client := http.Client{Timeout: 20 * time.Second}
	resp, err := client.Get("http://" + c.nginx.Addr + "/files/big.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || len(body) != 400<<10 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}
