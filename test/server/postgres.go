package server

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/downlink-go/downlink/test/need"
)

// Postgres is a running PostgreSQL server, whose databases compare text as a language
// does, and not by bytes.
type Postgres struct {
	*Process
	dir       string
	databases atomic.Int64
}

// StartPostgres runs PostgreSQL over a cluster of its own until the test ends. It is
// asked by a socket only its user may use; as root it runs as nobody, as it wants.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	need.That(t, len(programs) > 0, "postgresql is not installed; `make test` installs it")
	bin := filepath.Dir(programs[len(programs)-1])
	dir, err := os.MkdirTemp("", "downlink-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	who := unprivileged(t, dir)
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "downlink", "--auth=trust", "--no-sync",
		"--encoding=UTF8", "--no-locale", "--locale-provider=icu", "--icu-locale=en-US")
	initdb.SysProcAttr = who
	initdb.Dir = dir
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	p := &Postgres{Process: &Process{Addr: dir}, dir: dir}
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")
	cmd.Stdout, cmd.Stderr = p.Process, p.Process
	cmd.SysProcAttr = who
	cmd.Dir = dir
	p.start(t, cmd)
	t.Cleanup(func() { // before start's own, which asks it to wait for its clients
		_ = syscall.Kill(p.PID, syscall.SIGINT)
	})
	p.awaitAnswer(t)
	return p
}

// unprivileged is how a program runs as somebody who may use dir and is not root.
func unprivileged(t testing.TB, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	need.That(t, err == nil, "a user called nobody")
	uid, uidErr := strconv.Atoi(nobody.Uid)
	gid, gidErr := strconv.Atoi(nobody.Gid)
	if uidErr != nil || gidErr != nil || os.Chown(dir, uid, gid) != nil {
		t.Fatalf("%s cannot be given to nobody", dir)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func (p *Postgres) awaitAnswer(t testing.TB) {
	t.Helper()
	db := p.Connect(t, p.url("postgres"))
	for deadline := time.Now().Add(starting); db.Ping() != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("PostgreSQL did not start:\n%s", p.Log())
		}
	}
}

func (p *Postgres) url(database string) string {
	return fmt.Sprintf("postgres://downlink@/%s?host=%s", database, url.QueryEscape(p.dir))
}

// Database makes an empty database and returns its URL.
func (p *Postgres) Database(t testing.TB) string {
	t.Helper()
	name := "test" + strconv.FormatInt(p.databases.Add(1), 10)
	if _, err := p.Connect(t, p.url("postgres")).Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	return p.url(name)
}

// Connect opens a database as another program would, until the test ends.
func (p *Postgres) Connect(t testing.TB, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Secret is the URL with a password that the server does not ask for.
func (p *Postgres) Secret(url, password string) string {
	return strings.Replace(url, "downlink@", "downlink:"+password+"@", 1)
}
