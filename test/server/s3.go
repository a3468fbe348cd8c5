package server

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sys/unix"

	"github.com/downlink-go/downlink/test/need"
)

// versitygw is a real S3 server. It is built outside of this module, whose go.mod
// does not have to hold what it needs.
const versitygw = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"

// BuildS3 builds versitygw once for all packages and runs, in the cache of the user, and
// returns the program's path.
func BuildS3() (string, error) { return buildS3() }

var buildS3 = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "downlink-test", filepath.Base(versitygw))
	program := filepath.Join(dir, "versitygw")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil { // other packages build it too
		return "", err
	}
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	cmd := exec.Command("go", "install", versitygw)
	cmd.Dir = dir // where no go.mod is
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, tail(string(out), 1000))
	}
	return program, nil
})

// S3 is a running S3 server with one bucket.
type S3 struct {
	*Process
	Endpoint       string // its base URL
	Bucket, Region string
	Access, Secret string // the key that may do everything
	Dir            string // the bucket: an object is a file in it
}

// StartS3 runs versitygw with an empty bucket until the test ends.
func StartS3(t testing.TB) *S3 {
	t.Helper()
	program, err := buildS3()
	need.That(t, err == nil, fmt.Sprintf("versitygw cannot be built: %v", err))
	root := t.TempDir()
	s := &S3{Bucket: "files", Region: "eu-central-1", Access: "testaccess", Secret: "testsecret", Dir: filepath.Join(root, "files")}
	if err := os.Mkdir(s.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	addr := FreePort(t)
	s.Process, s.Endpoint = &Process{Addr: addr}, "http://"+addr
	cmd := exec.Command(program, "--port", addr, "--region", s.Region, "--quiet", "posix", root)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.Access, "ROOT_SECRET_KEY="+s.Secret)
	cmd.Stdout, cmd.Stderr = s.Process, s.Process
	s.start(t, cmd)
	for deadline := time.Now().Add(starting); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return s
		}
		if time.Now().After(deadline) || syscall.Kill(s.PID, 0) != nil {
			t.Fatalf("versitygw did not start:\n%s", s.Log())
		}
	}
}

// Client is a client of the server, as anybody's who has the key.
func (s *S3) Client() *s3.Client {
	return s3.New(s3.Options{
		Region: s.Region, BaseEndpoint: &s.Endpoint, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(s.Access, s.Secret, ""),
	})
}

// Put makes data the object at key.
func (s *S3) Put(ctx context.Context, key string, data []byte) error {
	_, err := s.Client().PutObject(ctx, &s3.PutObjectInput{Bucket: &s.Bucket, Key: &key, Body: bytes.NewReader(data)})
	return err
}

// Store is the table of a store "files" for downlink.toml that reaches the bucket at
// an endpoint, by a file with the key.
func (s *S3) Store(t testing.TB, endpoint string) string {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	text := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n", s.Access, s.Secret)
	if err := os.WriteFile(key, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`[stores.files]
driver = "s3"
endpoint = %q
region = %q
bucket = %q
path_style = true
credentials_file = %q
`, endpoint, s.Region, s.Bucket, key)
}

// Describe gives an object that was made as a file an entity-tag, and no media type:
// versitygw keeps both as attributes.
func (s *S3) Describe(t testing.TB, key, etag string) {
	t.Helper()
	file := filepath.Join(s.Dir, key)
	err := unix.Setxattr(file, "user.etag", []byte(etag), 0)
	if err == nil {
		err = unix.Setxattr(file, "user.content-type", []byte("binary/octet-stream"), 0) // as if none was given
	}
	need.That(t, err == nil, fmt.Sprintf("attributes of files: %v", err))
}

// Environment is what gives a program the server's key.
func (s *S3) Environment() []string {
	return []string{"AWS_ACCESS_KEY_ID=" + s.Access, "AWS_SECRET_ACCESS_KEY=" + s.Secret, "AWS_EC2_METADATA_DISABLED=true"}
}
