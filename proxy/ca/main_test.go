package ca

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is the time that tests begin at.
var at = time.Date(2026, 11, 24, 12, 30, 15, 500, time.UTC)

// open makes a CA in its own folder, whose clock the test can set.
func open(t testing.TB, domains ...string) (*Authority, *time.Time) {
	t.Helper()
	now := at
	a, err := Open(t.TempDir(), Options{Name: "desk", PermittedDomains: domains, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return a, &now
}
