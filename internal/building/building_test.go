package building

import (
	"os"
	"testing"
)

func TestChosen(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("DOWNLINK_CONFIG", "")
	if got := chosen("standard.toml"); got != "standard.toml" {
		t.Errorf("got %s where nobody has written a file", got)
	}
	if err := os.WriteFile("downlink.toml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := chosen("standard.toml"); got != "downlink.toml" {
		t.Errorf("got %s, want what is there", got)
	}
	t.Setenv("DOWNLINK_CONFIG", "other.toml")
	if got := chosen("standard.toml"); got != "other.toml" {
		t.Errorf("got %s, want what the environment says", got)
	}
}
