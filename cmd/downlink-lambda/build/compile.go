package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/downlink-go/downlink/config"
)

const program = "github.com/downlink-go/downlink/cmd/downlink-lambda"

// processors are those of Lambda, as Go calls them.
var processors = map[string]string{"arm64": "arm64", "x86_64": "amd64"}

// load reads the configuration as it is on Lambda, and the file of revoked links, if
// it names one: without it they would be good again. The error is all faults.
func load(path string) (*config.Config, error) {
	c, err := config.Read(path)
	if err != nil {
		return nil, err
	}
	if c, err = c.For(config.OnLambda); err != nil {
		return nil, err
	}
	if _, err := c.Links.Options(); err != nil {
		return nil, err
	}
	return c, nil
}

// compile builds the program with the operator's files in place of its own: an overlay
// of the compiler's, so that no file of the source changes.
func (b *builder) compile(c *config.Config, to string) error {
	arch, known := processors[b.arch]
	if !known {
		return fmt.Errorf("-arch %q: write arm64 or x86_64", b.arch)
	}
	dir, err := os.MkdirTemp("", "downlink-lambda-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	overlay, err := writeOverlay(c, dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	tags := "lambda.norpc,onlambda"
	if !b.admin {
		tags += ",noadmin"
	}
	cmd := exec.Command("go", "build", "-overlay", overlay, "-trimpath", "-ldflags", "-s -w", "-tags", tags, "-o", to, program)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compile: %w\n%s", err, out)
	}
	return nil
}

// writeOverlay writes into dir what stands for which files, and says so in another file.
func writeOverlay(c *config.Config, dir string) (overlay string, err error) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", program).Output()
	if err != nil {
		return "", fmt.Errorf("find the source of %s: %w", program, err)
	}
	home, checked := string(out[:len(out)-1]), filepath.Join(dir, "built.go") // without the end of the line
	if err := os.WriteFile(checked, []byte(source(c)), 0o600); err != nil {
		return "", err
	}
	replace := map[string]string{filepath.Join(home, "built.go"): checked}
	if c.Links.Revoked != "" {
		replace[filepath.Join(home, "revoked.txt")] = c.Links.Revoked
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}
