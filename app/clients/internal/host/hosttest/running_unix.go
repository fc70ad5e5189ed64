//go:build unix

package hosttest

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Running reports whether a process is there, and not only waited for.
func Running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}
