package sam

import (
	"bytes"
	"crypto/rand"
	"debug/elf"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/conformance"
	"github.com/downlink-go/downlink/test/lambda"
	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
)

func TestMain(m *testing.M) { server.Main(m) }

// sam runs the SAM CLI in the project's root. The configuration "" is the standard one.
func sam(t *testing.T, configuration string, args ...string) {
	t.Helper()
	if configuration == "" {
		configuration = standard(t)
	}
	cmd := exec.Command(need.SAM(t), args...)
	cmd.Dir = need.Root(t)
	cmd.Env = append(os.Environ(), "SAM_CLI_TELEMETRY=0", "AWS_DEFAULT_REGION=eu-central-1", "DOWNLINK_CONFIG="+configuration)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sam %v: %v\n%s", args, err, out)
	}
}

func standard(t *testing.T) string {
	t.Helper()
	return filepath.Join(need.Root(t), "cmd", "downlink-lambda", "downlink.toml")
}

func TestR3_Validate(t *testing.T) { sam(t, "", "validate", "--lint") }

// here is this machine's processor, as Lambda calls it.
var here = map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]

// TestR3_Build: without Docker, for both processors, and with nothing but the program in
// the bundle: for this machine the very program that the emulator runs in other tests.
func TestR3_Build(t *testing.T) {
	for arch, machine := range map[string]elf.Machine{"": elf.EM_AARCH64, "arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64} {
		t.Run("for "+arch, func(t *testing.T) {
			dir := t.TempDir()
			args := []string{"build", "--build-dir", dir}
			if arch != "" {
				args = append(args, "--parameter-overrides", "Architecture="+arch)
			}
			sam(t, "", args...)
			for function, used := range map[string]func(testing.TB) string{"Function": server.Bootstrap, "AdminFunction": server.AdminBootstrap} {
				bootstrap := checkBundle(t, filepath.Join(dir, function), machine)
				if arch == here && !bytes.Equal(readFile(t, bootstrap), readFile(t, used(t))) {
					t.Errorf("%s: the emulator of other tests runs another program", function)
				}
			}
		})
	}
}

// checkBundle wants a program for a processor in a folder, alone, and returns its path.
func checkBundle(t *testing.T, dir string, machine elf.Machine) string {
	t.Helper()
	bundle, err := os.ReadDir(dir)
	if err != nil || len(bundle) != 1 || bundle[0].Name() != "bootstrap" {
		t.Fatalf("the bundle is %v, %v; want bootstrap alone", bundle, err)
	}
	bootstrap := filepath.Join(dir, "bootstrap")
	f, err := elf.Open(bootstrap)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Machine != machine {
		t.Errorf("%s: built for %v, want %v", dir, f.Machine, machine)
	}
	return bootstrap
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestR3_BuiltFunctionAnswers goes the way of docs/aws.md as far as it goes without an
// account: what `sam build` built, with the environment of the template, an item that
// was imported for Lambda, and files in a bucket.
func TestR3_BuiltFunctionAnswers(t *testing.T) {
	s3, db := server.StartS3(t), server.StartDynamoDB(t)
	toml := string(readFile(t, standard(t)))
	toml = strings.Replace(toml, "driver = \"s3\"\n", fmt.Sprintf("driver = \"s3\"\nendpoint = %q\npath_style = true\n", s3.Endpoint), 1)
	toml = strings.Replace(toml, "driver = \"dynamodb\"\n", fmt.Sprintf("driver = \"dynamodb\"\nendpoint = %q\n", db.Endpoint), 1)
	dir := t.TempDir()
	conf, items := filepath.Join(dir, "downlink.toml"), filepath.Join(dir, "items.jsonl")
	write(t, conf, toml)
	write(t, items, `{"slug":"manual","title":"The manual","key":"downloads/public/manual.pdf"}`)
	small, large := make([]byte, 1<<20), make([]byte, 5<<20)
	for key, content := range map[string][]byte{"downloads/public/manual.pdf": small, "downloads/public/large.pdf": large} {
		_, _ = rand.Read(content) // never an error
		if err := s3.Put(t.Context(), key, content); err != nil {
			t.Fatal(err)
		}
	}
	env := append(s3.Environment(), "AWS_REGION="+s3.Region)
	for name, value := range environment(t, "Function", map[string]string{"BucketName": s3.Bucket, "Prefix": "downloads/"}) {
		env = append(env, name+"="+value)
	}
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	server.Run(t, "import", items, "--lambda", "--create-table", "--config", conf)
	built := t.TempDir()
	sam(t, conf, "build", "--build-dir", built, "--parameter-overrides", "Architecture="+here)
	f := server.StartBootstrap(t, filepath.Join(built, "Function", "bootstrap"), env...)
	api := lambda.Target{Service: lambda.HTTP, Function: f}
	for path, want := range map[string][]byte{"/files/manual.pdf": small, "/files/large.pdf": large} {
		r := api.Do(t, conformance.Request{Method: http.MethodGet, Path: path})
		if r.Status == http.StatusFound {
			r = follow(t, r.Header.Get("Location"))
		}
		if r.Status != http.StatusOK || !bytes.Equal(r.Body, want) {
			t.Errorf("%s: status %d, %d bytes; want %d\n%s", path, r.Status, len(r.Body), len(want), f.Log())
		}
	}
	if r := api.Do(t, conformance.Request{Method: http.MethodGet, Path: "/"}); !bytes.Contains(r.Body, []byte("The manual")) {
		t.Errorf("the index: status %d, %.500s\n%s", r.Status, r.Body, f.Log())
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// environment is what the template gives a function, with "downlink" for the name of
// the table that it would make.
func environment(t *testing.T, function string, values map[string]string) map[string]string {
	t.Helper()
	env := map[string]string{}
	for name, value := range read(t).With(values)[function].(object)["Environment"].(object)["Variables"].(object) {
		env[name] = strings.Replace(fmt.Sprint(value), "<Table>", "downlink", 1)
	}
	return env
}

func follow(t *testing.T, location string) conformance.Response {
	t.Helper()
	answer, err := http.Get(location)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil {
		t.Fatal(err)
	}
	return conformance.Response{Status: answer.StatusCode, Header: answer.Header, Body: body.Bytes()}
}
