package sam

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/test/need"
)

// sam runs the SAM CLI in the project's root.
func sam(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command(need.SAM(t), args...)
	cmd.Dir = need.Root(t)
	cmd.Env = append(os.Environ(), "SAM_CLI_TELEMETRY=0", "AWS_DEFAULT_REGION=eu-central-1", "DOWNLINK_CONFIG=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sam %v: %v\n%s", args, err, out)
	}
}

func TestR3_Validate(t *testing.T) { sam(t, "validate", "--lint") }

// TestR3_Build: without Docker, for both processors, and with nothing but the program in
// the bundle.
func TestR3_Build(t *testing.T) {
	for arch, machine := range map[string]elf.Machine{"": elf.EM_AARCH64, "arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64} {
		t.Run("for "+arch, func(t *testing.T) {
			dir := t.TempDir()
			args := []string{"build", "--build-dir", dir}
			if arch != "" {
				args = append(args, "--parameter-overrides", "Architecture="+arch)
			}
			sam(t, args...)
			bundle, err := os.ReadDir(filepath.Join(dir, "Function"))
			if err != nil || len(bundle) != 1 || bundle[0].Name() != "bootstrap" {
				t.Fatalf("the bundle is %v, %v; want bootstrap alone", bundle, err)
			}
			f, err := elf.Open(filepath.Join(dir, "Function", "bootstrap"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if f.Machine != machine {
				t.Errorf("built for %v, want %v", f.Machine, machine)
			}
		})
	}
}
