//go:build unix

package host_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"posthouse/app/clients/internal/host"
	"posthouse/app/clients/internal/host/hosttest"
	"posthouse/proxy/proxytest/eventually"
)

// What a program leaves behind ends with it.
func TestNothingOfAGroupIsLeft(t *testing.T) {
	r := host.Run(t.Context(), playing("leaves"), time.Minute, nil)
	pid, err := strconv.Atoi(strings.TrimSpace(string(r.Stdout)))
	if err != nil || r.Err != nil {
		t.Fatalf("%q, %v, %v", r.Stdout, err, r.Err)
	}
	eventually.Holds(t, "the process has ended", func() bool { return !hosttest.Running(pid) })
}
