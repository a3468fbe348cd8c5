package admin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/server"
)

// onTable runs an admin over a table, as one of several processes.
func onTable(t *testing.T, d *server.DynamoDB) *site {
	t.Helper()
	table, err := dynamocat.New(dynamocat.Options{
		Table: "downlink", Region: d.Region, Endpoint: d.Endpoint, Credentials: credentials.NewStaticCredentialsProvider(d.Access, d.Secret, ""),
		Timeout: 30 * time.Second, // the machine of the tests may be busy
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	if err := table.CreateTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	return start(t, func(o *admin.Options) { o.Records, o.Catalog, o.Counter = table, catalog.New(table), table })
}

// Accounts, sessions and items are in DynamoDB as in SQLite.
func TestR6_AdminOnDynamoDB(t *testing.T) { useSite(t, onTable(t, server.StartDynamoDB(t))) }

// What one process knows the others do: who is logged out there is logged out here, and
// attempts are counted together.
func TestProcessesShareATable(t *testing.T) {
	d := server.StartDynamoDB(t)
	one, two, three := onTable(t, d), onTable(t, d), onTable(t, d)
	setUp, err := two.admin.SetUp(t.Context())
	if err != nil || setUp == "" {
		t.Fatalf("%q, %v", setUp, err)
	}
	b := one.anna(t)
	there := *b
	there.site = two
	if !b.in() || !there.in() {
		t.Fatal("logged in at one only")
	}
	eve := two.browser(t)
	eve.want(eve.post("/admin/setup", "token", tokenOf(t, setUp), "name", "eve", "password", password, "again", password), http.StatusGone)
	there.want(there.post("/admin/logout"), http.StatusSeeOther)
	if b.in() {
		t.Error("still logged in at the other")
	}
	b.want(b.post("/admin/login", "name", "anna", "password", password), http.StatusSeeOther)
	refused := 0
	for i := range 30 { // each by itself would allow its ten
		at := []*site{one, two, three}[i%3].browser(t)
		if at.post("/admin/login", "name", "anna", "password", "wrong password").StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 10 { // in two parts of a minute there may be twice ten
		t.Errorf("%d of 30 attempts were refused", refused)
	}
	if err := admin.NewAccounts(one.records).Remove(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	if there.in() {
		t.Error("logged in without an account")
	}
}
