package server

import (
	"net"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/downlink-go/downlink/test/need"
)

// DynamoDB is a running DynamoDB Local without tables.
type DynamoDB struct {
	*Process
	Endpoint, Region string
	Access, Secret   string // it takes any key, but those of one see no tables of another's
}

// StartDynamoDB runs DynamoDB Local, which keeps everything in memory, until the test
// ends. It takes a few seconds.
func StartDynamoDB(t testing.TB) *DynamoDB {
	t.Helper()
	java, dir := need.Command(t, "java"), need.DynamoDBLocal(t)
	addr := FreePort(t)
	_, port, _ := net.SplitHostPort(addr)
	d := &DynamoDB{Process: &Process{Addr: addr}, Endpoint: "http://" + addr, Region: "eu-central-1", Access: "testaccess", Secret: "testsecret"}
	cmd := exec.Command(java, "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dsqlite4java.library.path="+dir, "-cp", filepath.Join(dir, "*"),
		"com.amazonaws.services.dynamodbv2.local.main.ServerRunner", "-inMemory", "-disableTelemetry", "-port", port)
	cmd.Stdout, cmd.Stderr = d.Process, d.Process
	d.start(t, cmd)
	for deadline := time.Now().Add(4 * starting); ; time.Sleep(50 * time.Millisecond) {
		if _, err := d.Client().ListTables(t.Context(), &dynamodb.ListTablesInput{}); err == nil {
			return d
		}
		if time.Now().After(deadline) || syscall.Kill(d.PID, 0) != nil {
			t.Fatalf("DynamoDB Local did not start:\n%s", d.Log())
		}
	}
}

// Client is a client of the server, as anybody's who has the key.
func (d *DynamoDB) Client() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: d.Region, BaseEndpoint: &d.Endpoint, Credentials: credentials.NewStaticCredentialsProvider(d.Access, d.Secret, ""),
	})
}

// Environment is what gives a program the server's key.
func (d *DynamoDB) Environment() []string {
	return []string{"AWS_ACCESS_KEY_ID=" + d.Access, "AWS_SECRET_ACCESS_KEY=" + d.Secret, "AWS_EC2_METADATA_DISABLED=true"}
}
