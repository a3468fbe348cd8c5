package sam

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/need"
)

// formation answers as CloudFormation does for a stack that is there. A change set
// changes its parameters, as said in
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html,
// and is refused then: that ends `sam deploy`.
type formation struct {
	parameters map[string]string
	changes    int
}

func (f *formation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch action := r.FormValue("Action"); action {
	case "DescribeStacks":
		answer(w, action, "<Stacks><member><StackName>downlink</StackName><StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks>")
	case "GetTemplateSummary":
		var list strings.Builder
		for name := range f.parameters {
			list.WriteString("<member><ParameterKey>" + name + "</ParameterKey></member>")
		}
		answer(w, action, "<Parameters>"+list.String()+"</Parameters>")
	case "CreateChangeSet":
		f.change(r)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "<ErrorResponse><Error><Code>ValidationError</Code><Message>that is all</Message></Error></ErrorResponse>")
	default:
		http.Error(w, action, http.StatusNotImplemented)
	}
}

func answer(w io.Writer, action, result string) {
	_, _ = fmt.Fprintf(w, "%s<%[2]sResponse><%[2]sResult>%s</%[2]sResult></%[2]sResponse>", xml.Header, action, result)
}

// change sets what a change set names. What has UsePreviousValue stays.
func (f *formation) change(r *http.Request) {
	f.changes++
	for i := 1; ; i++ {
		member := fmt.Sprintf("Parameters.member.%d.", i)
		name := r.FormValue(member + "ParameterKey")
		if name == "" {
			return
		}
		if r.FormValue(member+"UsePreviousValue") != "true" {
			f.parameters[name] = r.FormValue(member + "ParameterValue")
		}
	}
}

// TestR3_NextDeploymentKeepsWhatIsSwitchedOn runs what docs/aws.md says to switch on, in
// its order, and then the plain `sam deploy` of the next deployment.
func TestR3_NextDeploymentKeepsWhatIsSwitchedOn(t *testing.T) {
	f := &formation{parameters: map[string]string{}}
	for name, p := range read(t).Parameters {
		f.parameters[name] = fmt.Sprint(p.Default)
	}
	deploy := deployment(t, f)
	for _, line := range switches(t) {
		deploy(line)
	}
	on := maps.Clone(f.parameters)
	for name, want := range map[string]string{
		"LinkKeyParameter": "/downlink/new-link-key", "OldLinkKeyParameter": "/downlink/link-key", "CloudFrontKeyParameter": "/downlink/cloudfront", "EnableAdmin": "true",
	} {
		if on[name] != want {
			t.Errorf("docs/aws.md switches %s to %q, want %q", name, on[name], want)
		}
	}
	if key := on["CloudFrontPublicKey"]; !strings.HasPrefix(key, "-----BEGIN PUBLIC KEY-----\n") || !strings.HasSuffix(key, "\n-----END PUBLIC KEY-----") {
		t.Errorf("docs/aws.md sets CloudFrontPublicKey to %q", key)
	}
	before := f.changes
	deploy("sam deploy")
	if f.changes != before+1 {
		t.Errorf("the next deployment made %d change sets, want 1", f.changes-before)
	}
	if !maps.Equal(f.parameters, on) {
		t.Errorf("after the next deployment the parameters are\n%v\nand were\n%v", f.parameters, on)
	}
}

// switches are the commands of docs/aws.md that set parameters of a stack that is there,
// and that which makes what they need.
func switches(t *testing.T) (lines []string) {
	t.Helper()
	text := string(readFile(t, filepath.Join(need.Root(t), "docs", "aws.md")))
	lines = regexp.MustCompile(`(?m)^(?:sam deploy --(?:save|param)|openssl genrsa).*`).FindAllString(text, -1)
	if len(lines) < 4 {
		t.Fatalf("docs/aws.md has only %q: the test looks for the wrong thing", lines)
	}
	return lines
}

// deployment runs lines of shell where `sam deploy --guided` has left its answers.
func deployment(t *testing.T, f *formation) func(line string) {
	t.Helper()
	service := httptest.NewServer(f)
	t.Cleanup(service.Close)
	dir := t.TempDir()
	template, _, _ := strings.Cut(string(readFile(t, filepath.Join(need.Root(t), "template.yaml"))), "\nRules:")
	write(t, filepath.Join(dir, "template.yaml"), template+"\nResources:\n  Topic: {Type: AWS::SNS::Topic}\n")
	write(t, filepath.Join(dir, "samconfig.toml"), guided(f.parameters))
	need.Command(t, "openssl")
	return func(line string) {
		t.Helper()
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(need.SAM(t))+":"+os.Getenv("PATH"), "SAM_CLI_TELEMETRY=0",
			"AWS_ENDPOINT_URL="+service.URL, "AWS_DEFAULT_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret")
		out, err := cmd.CombinedOutput()
		if err != nil && !strings.Contains(string(out), "that is all") {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
}

// guided is what `sam deploy --guided` writes: every parameter, those without a value too.
func guided(parameters map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		all = append(all, fmt.Sprintf(`%s=\"%s\"`, name, parameters[name]))
	}
	return "version = 0.1\n[default.deploy.parameters]\nstack_name = \"downlink\"\ncapabilities = \"CAPABILITY_IAM\"\nparameter_overrides = \"" + strings.Join(all, " ") + "\"\n"
}
