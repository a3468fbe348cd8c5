package sqlcat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/catalogtest"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/test/server"
)

func openPostgres(t testing.TB, url string, o sqlcat.PostgresOptions) *sqlcat.Store {
	t.Helper()
	s, err := sqlcat.OpenPostgres(url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestR6_Postgres(t *testing.T) {
	p := server.StartPostgres(t)
	fresh := func(t *testing.T) catalog.Driver {
		return openPostgres(t, p.Database(t), sqlcat.PostgresOptions{})
	}
	t.Run("driver", func(t *testing.T) { catalogtest.Run(t, fresh) })
	t.Run("deleter", func(t *testing.T) { catalogtest.RunDeleter(t, fresh) })
	t.Run("lister", func(t *testing.T) { catalogtest.RunLister(t, fresh, nil) })
	t.Run("pages of many", func(t *testing.T) { pagesOfMany(t, fresh(t).(*sqlcat.Store)) })
	t.Run("categorizer", func(t *testing.T) { catalogtest.RunCategorizer(t, fresh) })
	t.Run("edited while moved", func(t *testing.T) { catalogtest.RunEditedWhileMoved(t, fresh) })
	t.Run("counter", func(t *testing.T) { catalogtest.RunCounter(t, fresh) })
	t.Run("uses", func(t *testing.T) { postgresUses(t, p) })
	t.Run("many start together", func(t *testing.T) { postgresStart(t, p) })
	t.Run("locked", func(t *testing.T) { postgresLocked(t, p) })
	t.Run("out of reach", func(t *testing.T) { postgresOutOfReach(t, p) })
}

// As many processes as connect count exactly.
func postgresUses(t *testing.T, p *server.Postgres) {
	url := p.Database(t)
	stores := []*sqlcat.Store{openPostgres(t, url, sqlcat.PostgresOptions{}), openPostgres(t, url, sqlcat.PostgresOptions{MaxConnections: 1})}
	var counted atomic.Int64
	together(t, 100, func(i int) error {
		ok, err := stores[i%2].Use(t.Context(), use("three", fmt.Sprint("client ", i%5), 3))
		if ok {
			counted.Add(1)
		}
		return err
	})
	if got := counted.Load(); got != 3 {
		t.Errorf("100 calls for 3 uses: %d were counted", got)
	}
	mustDo(t, stores[0].ForgetUses(t.Context(), now.Add(2*time.Hour)))
	if n, err := stores[0].Uses(t.Context(), "three"); n != 0 || err != nil {
		t.Errorf("%d uses, %v, after they were forgotten", n, err)
	}
}

func postgresStart(t *testing.T, p *server.Postgres) {
	for range 3 {
		url := p.Database(t)
		const servers = 12
		together(t, servers, func(i int) error {
			s, err := sqlcat.OpenPostgres(url, sqlcat.PostgresOptions{MaxConnections: 2})
			if err != nil {
				return err
			}
			defer s.Close()
			return s.Put(t.Context(), []catalog.Item{item(fmt.Sprint("item-", i))})
		})
		var steps, distinct, count int
		db := p.Connect(t, url)
		mustDo(t, db.QueryRow("SELECT count(*), count(DISTINCT version_id) FROM goose_db_version").Scan(&steps, &distinct))
		mustDo(t, db.QueryRow("SELECT count(*) FROM items").Scan(&count))
		if steps != distinct || count != servers {
			t.Errorf("%d steps, %d of them different, %d items; want %d items", steps, distinct, count, servers)
		}
	}
}

// Another program's lock holds a writer up for as long as was said, and no reader.
func postgresLocked(t *testing.T, p *server.Postgres) {
	url := p.Database(t)
	s := openPostgres(t, url, sqlcat.PostgresOptions{LockWait: 50 * time.Millisecond})
	put(t, s, item("a"))
	tx, err := p.Connect(t, url).Begin()
	mustDo(t, err)
	defer tx.Rollback()
	_, err = tx.Exec("SELECT * FROM items FOR UPDATE")
	mustDo(t, err)
	wantUnavailable(t, "put", s.Put(t.Context(), []catalog.Item{item("a")}))
	wantItem(t, s, "a")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	patient := openPostgres(t, url, sqlcat.PostgresOptions{LockWait: time.Minute})
	wantItem(t, patient, "a")
	if err := patient.Put(ctx, []catalog.Item{item("a")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("put: %v, want the deadline", err)
	}
	mustDo(t, tx.Rollback())
	put(t, s, item("a"))
	slow := openPostgres(t, url, sqlcat.PostgresOptions{StatementWait: 50 * time.Millisecond})
	_, err = slow.Exec(t.Context(), "SELECT pg_sleep(20)")
	wantUnavailable(t, "a slow statement", err)
}

func postgresOutOfReach(t *testing.T, p *server.Postgres) {
	s := openPostgres(t, p.Secret("postgres://downlink@127.0.0.1:1/none", "sesame"), sqlcat.PostgresOptions{})
	_, err := s.Item(t.Context(), "a")
	wantUnavailable(t, "item", err)
	if strings.Contains(err.Error(), "sesame") {
		t.Errorf("the password is told: %v", err)
	}
	if _, err := sqlcat.OpenPostgres("postgres://a:sesame@host:port/x", sqlcat.PostgresOptions{}); err == nil || strings.Contains(err.Error(), "sesame") {
		t.Errorf("a URL that is none: %v", err)
	}
	// Until it comes.
	url := p.Database(t)
	late := openPostgres(t, strings.Replace(url, "/test", "/late", 1), sqlcat.PostgresOptions{})
	_, err = late.Item(t.Context(), "a")
	wantUnavailable(t, "item", err)
	name := strings.TrimPrefix(strings.Split(strings.Replace(url, "/test", "/late", 1), "?")[0], "postgres://downlink@/")
	_, err = p.Connect(t, url).Exec("CREATE DATABASE " + name)
	mustDo(t, err)
	put(t, late, item("a"))
	wantItem(t, late, "a")
}
