//go:build unix

package host_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthouse/app/clients/internal/host"
	"posthouse/proxy/proxytest/eventually"
)

// What a program leaves behind ends with it.
func TestNothingOfAGroupIsLeft(t *testing.T) {
	r := host.Run(t.Context(), playing("leaves"), time.Minute, nil)
	pid, err := strconv.Atoi(strings.TrimSpace(string(r.Stdout)))
	if err != nil || r.Err != nil {
		t.Fatalf("%q, %v, %v", r.Stdout, err, r.Err)
	}
	eventually.Holds(t, "the process has ended", func() bool { return !runs(pid) })
}

// runs reports whether a process is there, and not only waited for.
func runs(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}
