package sam

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/need"
)

// sample is another value for each parameter, with those that it needs or replaces.
var sample = map[string]map[string]string{
	"Endpoint":               {"Endpoint": "url"},
	"DomainName":             {"DomainName": "downloads.example.org", "CertificateArn": "arn:aws:acm:eu-central-1:1:certificate/1"},
	"CertificateArn":         {"CertificateArn": "arn:aws:acm:eu-central-1:1:certificate/1"},
	"HostedZoneId":           {"HostedZoneId": "Z1", "DomainName": "downloads.example.org", "CertificateArn": "arn:aws:acm:eu-central-1:1:certificate/1"},
	"BucketName":             {"BucketName": "mine"},
	"Prefix":                 {"Prefix": "downloads/"},
	"BucketKeyArn":           {"BucketKeyArn": "arn:aws:kms:eu-central-1:1:key/1", "BucketName": "mine"},
	"GeneratedPrefix":        {"GeneratedPrefix": "made/"},
	"GeneratedDays":          {"GeneratedDays": "3"},
	"LinkKeyParameter":       {"LinkKeyParameter": "/downlink/link-key"},
	"OldLinkKeyParameter":    {"OldLinkKeyParameter": "/downlink/old-link-key"},
	"CloudFrontPublicKey":    {"CloudFrontPublicKey": "PEM", "CloudFrontKeyParameter": "/downlink/cloudfront"},
	"CloudFrontKeyParameter": {"CloudFrontKeyParameter": "/downlink/cloudfront", "CloudFrontPublicKey": "PEM"},
	"Architecture":           {"Architecture": "x86_64"},
	"MemorySize":             {"MemorySize": "1024"},
	"LogDays":                {"LogDays": "7"},
	"EnableAdmin":            {"EnableAdmin": "true"},
	"AlarmEmail":             {"AlarmEmail": "ops@example.org"},
}

// TestR3_EveryParameterHasAnEffect compares what is made with a parameter and without it.
func TestR3_EveryParameterHasAnEffect(t *testing.T) {
	x := read(t)
	for name := range x.Parameters {
		with, ok := sample[name]
		if !ok {
			t.Errorf("%s: give this test another value of it", name)
			continue
		}
		without := maps.Clone(with)
		delete(without, name)
		if reflect.DeepEqual(x.With(with), x.With(without)) {
			t.Errorf("%s makes no difference", name)
		}
	}
}

// TestR3_NothingIsLeftOver: every condition is used, and the interface lists every
// parameter once.
func TestR3_NothingIsLeftOver(t *testing.T) {
	x := read(t)
	text, err := json.Marshal([]any{x.Conditions, x.Resources, x.Outputs})
	if err != nil {
		t.Fatal(err)
	}
	for name := range x.Conditions {
		uses := strings.Count(string(text), fmt.Sprintf(`"Condition":%q`, name)) + strings.Count(string(text), fmt.Sprintf(`"Fn::If":[%q`, name))
		if uses == 0 {
			t.Errorf("the condition %s is used nowhere", name)
		}
	}
	var listed []string
	for _, group := range x.Metadata["AWS::CloudFormation::Interface"].(object)["ParameterGroups"].([]any) {
		for _, name := range group.(object)["Parameters"].([]any) {
			listed = append(listed, name.(string))
		}
	}
	slices.Sort(listed)
	if want := slices.Sorted(maps.Keys(x.Parameters)); !slices.Equal(listed, want) {
		t.Errorf("the interface lists %v, want %v", listed, want)
	}
}

// everything are values with which all that is optional is made.
var everything = []map[string]string{
	{"Endpoint": "http", "DomainName": "d", "CertificateArn": "c", "HostedZoneId": "z", "LinkKeyParameter": "/l", "OldLinkKeyParameter": "/o", "CloudFrontPublicKey": "p", "CloudFrontKeyParameter": "/c", "AlarmEmail": "e", "EnableAdmin": "true"},
	{"Endpoint": "rest-stream", "DomainName": "d", "CertificateArn": "c", "BucketName": "mine", "Prefix": "p/", "BucketKeyArn": "arn:aws:kms:eu-central-1:1:key/1", "CloudFrontPublicKey": "p", "CloudFrontKeyParameter": "/c", "EnableAdmin": "true"},
	{"Endpoint": "url", "EnableAdmin": "true"},
	{"Endpoint": "url-stream"},
}

// TestR3_EndpointsAreMade: each endpoint has its own resources and no other's, and the
// samples above make every resource.
func TestR3_EndpointsAreMade(t *testing.T) {
	x := read(t)
	made := map[string]bool{}
	own := map[string]string{"http": "HTTP", "rest-stream": "REST", "url": "URL", "url-stream": "URL"}
	for _, values := range append(everything, map[string]string{}) {
		endpoint := values["Endpoint"]
		if endpoint == "" {
			endpoint = "http"
		}
		stack := x.With(values)
		if _, ok := stack["AdminFunction"]; ok != (values["EnableAdmin"] == "true") {
			t.Errorf("%s: the admin is made: %v", endpoint, ok)
		}
		for name := range stack {
			made[name] = true
			for _, prefix := range own {
				if strings.HasPrefix(name, prefix) && prefix != own[endpoint] {
					t.Errorf("%s: %s is made", endpoint, name)
				}
			}
		}
		address := fmt.Sprint(stack[""].(object)["Address"])
		if !strings.HasPrefix(address, "https://") && address != "<URL.FunctionUrl>" {
			t.Errorf("%s: Address is %q", endpoint, address)
		}
	}
	for name := range x.Resources {
		if !made[name] {
			t.Errorf("%s is never made: add to the samples what makes it", name)
		}
	}
}

// rows are the table's with these partition keys, as resources in the form of [reach].
func rows(keys ...string) (all []string) {
	for _, key := range keys {
		all = append(all, "<Table.Arn> of "+key)
	}
	return all
}

var (
	readRows    = rows("item#*", "puts", "category", "count#*", "link#*")
	writtenRows = rows("count#*", "link#*")
)

// may is what the function's role may do, and on what, with everything switched on.
var may = map[string][]string{
	"logs:CreateLogStream": {"<LogGroup.Arn>"},
	"logs:PutLogEvents":    {"<LogGroup.Arn>"},
	"s3:GetObject":         {"arn:<AWS::Partition>:s3:::<Bucket>/*", "arn:<AWS::Partition>:s3:::mine/p/*"},
	"s3:ListBucket":        {"arn:<AWS::Partition>:s3:::<Bucket>", "arn:<AWS::Partition>:s3:::mine"},
	"kms:Decrypt":          {"arn:aws:kms:eu-central-1:1:key/1"},
	"dynamodb:GetItem":     readRows,
	"dynamodb:PutItem":     writtenRows,
	"dynamodb:Query":       readRows,
	"dynamodb:UpdateItem":  writtenRows,
	"ssm:GetParameter": {
		"arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/l",
		"arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/o",
		"arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/c",
	},
}

// adminMay is what the role of the admin's function may do: no key of links, but files.
var adminMay = map[string][]string{
	"logs:CreateLogStream":        {"<AdminLogGroup.Arn>"},
	"logs:PutLogEvents":           {"<AdminLogGroup.Arn>"},
	"s3:GetObject":                may["s3:GetObject"],
	"s3:PutObject":                may["s3:GetObject"],
	"s3:DeleteObject":             may["s3:GetObject"],
	"s3:AbortMultipartUpload":     may["s3:GetObject"],
	"s3:ListMultipartUploadParts": may["s3:GetObject"],
	"s3:ListBucket":               may["s3:ListBucket"],
	"kms:Decrypt":                 may["kms:Decrypt"],
	"kms:GenerateDataKey":         may["kms:Decrypt"],
	"dynamodb:BatchGetItem":       {"<Table.Arn>"},
	"dynamodb:DeleteItem":         {"<Table.Arn>"},
	"dynamodb:GetItem":            {"<Table.Arn>"},
	"dynamodb:PutItem":            {"<Table.Arn>"},
	"dynamodb:Query":              {"<Table.Arn>"},
	"dynamodb:UpdateItem":         {"<Table.Arn>"},
}

// TestR3_LeastPrivilege: a role may do what is listed, on what is listed.
func TestR3_LeastPrivilege(t *testing.T) {
	checkRole(t, "Role", may)
	checkRole(t, "AdminRole", adminMay)
}

func checkRole(t *testing.T, name string, may map[string][]string) {
	t.Helper()
	x := read(t)
	used := map[string]bool{}
	for _, values := range everything {
		role, ok := x.With(values)[name].(object)
		if !ok {
			continue
		}
		if role["ManagedPolicyArns"] != nil {
			t.Errorf("%s has policies that others may change", name)
		}
		for _, policy := range role["Policies"].([]any) {
			for _, s := range policy.(object)["PolicyDocument"].(object)["Statement"].([]any) {
				statement := s.(object)
				if statement["Effect"] != "Allow" || statement["NotAction"] != nil || statement["NotResource"] != nil {
					t.Errorf("a statement of another form: %v", statement)
				}
				for _, action := range list(statement["Action"]) {
					used[action] = true
					for _, resource := range reach(t, statement) {
						if !slices.Contains(may[action], resource) {
							t.Errorf("%s may %s on %s", name, action, resource)
						}
					}
				}
			}
		}
	}
	for action := range may {
		if !used[action] {
			t.Errorf("%s may not %s any more", name, action)
		}
	}
}

// reach is what a statement is about: resources, or the rows of a table that it is
// limited to.
func reach(t *testing.T, statement object) (all []string) {
	t.Helper()
	all = list(statement["Resource"])
	if statement["Condition"] == nil {
		return all
	}
	keys, ok := statement["Condition"].(object)["ForAllValues:StringLike"].(object)["dynamodb:LeadingKeys"]
	if len(statement["Condition"].(object)) != 1 || !ok || !slices.Equal(all, []string{"<Table.Arn>"}) {
		t.Fatalf("a condition of another form: %v", statement)
	}
	return rows(list(keys)...)
}

// list is one text or several.
func list(v any) (all []string) {
	if text, ok := v.(string); ok {
		return []string{text}
	}
	for _, x := range v.([]any) {
		all = append(all, x.(string))
	}
	return all
}

// TestR3_NothingIsPublic: files leave by the function or by what it signs.
func TestR3_NothingIsPublic(t *testing.T) {
	x := read(t)
	for _, values := range everything {
		stack := x.With(values)
		if bucket, ok := stack["Bucket"].(object); ok {
			for _, what := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
				if bucket["PublicAccessBlockConfiguration"].(object)[what] != true {
					t.Errorf("the bucket lacks %s", what)
				}
			}
			if bucket["BucketEncryption"] == nil || bucket["AccessControl"] != nil || bucket["WebsiteConfiguration"] != nil {
				t.Errorf("the bucket is %v", bucket)
			}
			checkBucketPolicy(t, stack["BucketPolicy"].(object))
		}
		if d, ok := stack["Distribution"].(object); ok {
			c := d["DistributionConfig"].(object)
			b := c["DefaultCacheBehavior"].(object)
			if !reflect.DeepEqual(b["TrustedKeyGroups"], []any{"<KeyGroup>"}) || b["ViewerProtocolPolicy"] != "https-only" || c["CacheBehaviors"] != nil {
				t.Errorf("CloudFront sends without a signature: %v", c)
			}
		}
		for name, r := range stack {
			if p, ok := r.(object); ok && p["Principal"] == "*" && !strings.HasPrefix(strings.TrimPrefix(name, "Admin"), "URL") {
				t.Errorf("%s is for everybody", name)
			}
		}
	}
}

// checkBucketPolicy: who is allowed something is CloudFront, for one distribution.
func checkBucketPolicy(t *testing.T, policy object) {
	t.Helper()
	for _, s := range policy["PolicyDocument"].(object)["Statement"].([]any) {
		statement := s.(object)
		if statement["Effect"] == "Deny" {
			continue
		}
		if fmt.Sprint(statement["Principal"]) != "map[Service:cloudfront.amazonaws.com]" || !strings.Contains(fmt.Sprint(statement["Condition"]), "distribution/<Distribution>") ||
			statement["Action"] != "s3:GetObject" {
			t.Errorf("the bucket allows %v", statement)
		}
	}
}

// TestR3_StatementsForYours: who has a bucket and a key of their own is told what lets
// CloudFront, by the stack's distribution alone, read the bucket.
func TestR3_StatementsForYours(t *testing.T) {
	x := read(t)
	outputs := x.With(everything[1])[""].(object)
	for output, want := range map[string][2]string{
		"StatementForYourBucket": {"s3:GetObject", "arn:<AWS::Partition>:s3:::mine/p/*"}, "StatementForYourKey": {"kms:Decrypt", "*"},
	} {
		var s struct {
			Effect, Action, Resource string
			Principal                struct{ Service string }
			Condition                struct{ StringEquals map[string]string }
		}
		text, _ := outputs[output].(string)
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Errorf("%s: %v: %q", output, err, text)
			continue
		}
		from := "arn:<AWS::Partition>:cloudfront::<AWS::AccountId>:distribution/<Distribution>"
		if s.Effect != "Allow" || s.Principal.Service != "cloudfront.amazonaws.com" || s.Action != want[0] || s.Resource != want[1] || s.Condition.StringEquals["AWS:SourceArn"] != from {
			t.Errorf("%s: %s", output, text)
		}
	}
	if _, ok := x.With(everything[0])[""].(object)["StatementForYourKey"]; ok {
		t.Error("a statement for a key that nobody has")
	}
}

// TestR3_Alarms: each function that is made has alarms for failing and for being throttled.
func TestR3_Alarms(t *testing.T) {
	x := read(t)
	for _, values := range everything {
		stack := x.With(values)
		watched := map[string]bool{}
		for name, made := range stack {
			if a, ok := made.(object); ok && x.Resources[name].Type == "AWS::CloudWatch::Alarm" {
				watched[fmt.Sprint(a["MetricName"], a["Dimensions"])] = true
			}
		}
		for name, r := range x.Resources {
			if stack[name] == nil || r.Type != "AWS::Serverless::Function" {
				continue
			}
			for _, metric := range []string{"Errors", "Throttles"} {
				if !watched[fmt.Sprintf("%s[map[Name:FunctionName Value:<%s>]]", metric, name)] {
					t.Errorf("%s: no alarm for %s of %s", values["Endpoint"], metric, name)
				}
			}
		}
	}
}

// TestR6_Table: the table is the one that dynamocat is written for, and data outlive the
// stack.
func TestR6_Table(t *testing.T) {
	x := read(t)
	text, err := json.Marshal(x.Resources["Table"].Properties)
	if err != nil {
		t.Fatal(err)
	}
	var got dynamocat.Definition
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if want := dynamocat.Table(""); !reflect.DeepEqual(got.KeySchema, want.KeySchema) || !reflect.DeepEqual(got.AttributeDefinitions, want.AttributeDefinitions) || got.BillingMode != want.BillingMode {
		t.Errorf("the table is %+v, want %+v", got, want)
	}
	if life := x.Resources["Table"].Properties["TimeToLiveSpecification"].(object); life["AttributeName"] != dynamocat.Expires || life["Enabled"] != true {
		t.Errorf("its time to live is %v", life)
	}
	for _, name := range []string{"Table", "Bucket"} {
		if r := x.Resources[name]; r.DeletionPolicy != "RetainExceptOnCreate" || r.UpdateReplacePolicy != "Retain" {
			t.Errorf("%s goes away with the stack", name)
		}
	}
}

// TestR3_Variables: what the standard configuration names is in the function's
// environment.
func TestR3_Variables(t *testing.T) {
	env, admin := environment(t, "Function", everything[0]), environment(t, "AdminFunction", everything[0])
	named := regexp.MustCompile(`"\$?(DOWNLINK_[A-Z_]+)"`).FindAllSubmatch(readFile(t, standard(t)), -1)
	if len(named) == 0 {
		t.Fatal("the standard configuration names no variable: the test looks for the wrong thing")
	}
	for _, name := range named {
		if _, ok := env[string(name[1])]; !ok {
			t.Errorf("the function's environment lacks %s", name[1])
		}
		if _, ok := admin[string(name[1])]; !ok && string(name[1]) != "DOWNLINK_CLOUDFRONT_KEY" { // it sends no file by CloudFront
			t.Errorf("the environment of the admin's function lacks %s", name[1])
		}
	}
}

// TestR3_Documented: docs/aws.md names every parameter, variable and output.
func TestR3_Documented(t *testing.T) {
	x := read(t)
	text := string(readFile(t, filepath.Join(need.Root(t), "docs", "aws.md")))
	names := slices.Concat(slices.Collect(maps.Keys(x.Parameters)), slices.Collect(maps.Keys(x.Outputs)), slices.Collect(maps.Keys(environment(t, "Function", everything[0]))),
		slices.Collect(maps.Keys(environment(t, "AdminFunction", everything[0]))))
	for _, name := range names {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/aws.md does not tell of %s", name)
		}
	}
	for _, name := range regexp.MustCompile("(?m)^\\| (`[A-Z][^|]*) \\|").FindAllStringSubmatch(text, -1) {
		for parameter := range strings.SplitSeq(name[1], ", ") {
			if parameter = strings.Trim(parameter, "`"); !slices.Contains(names, parameter) {
				t.Errorf("docs/aws.md tells of %s, which is not there", parameter)
			}
		}
	}
}

// TestR3_Streams: the function is told of the streaming that its endpoint does.
func TestR3_Streams(t *testing.T) {
	x := read(t)
	for endpoint, want := range map[string]string{"http": "", "rest-stream": "rest", "url": "", "url-stream": "function-url"} {
		stack := x.With(map[string]string{"Endpoint": endpoint})
		f := stack["Function"].(object)
		if got := f["Environment"].(object)["Variables"].(object)["DOWNLINK_STREAM"]; got != want {
			t.Errorf("%s: DOWNLINK_STREAM is %v, want %q", endpoint, got, want)
		}
		streams := false
		if u, ok := stack["URL"].(object); ok {
			streams = u["InvokeMode"] == "RESPONSE_STREAM"
		}
		if m, ok := stack["RESTPathMethod"].(object); ok {
			i := m["Integration"].(object)
			streams = i["ResponseTransferMode"] == "STREAM" && strings.HasSuffix(i["Uri"].(string), "/response-streaming-invocations")
		}
		if streams != (want != "") {
			t.Errorf("%s: streams %v, but the function is told %q", endpoint, streams, want)
		}
		if limit, _ := f["Timeout"].(float64); (limit == 900) != streams {
			t.Errorf("%s: the function has %v s", endpoint, limit)
		}
	}
}
