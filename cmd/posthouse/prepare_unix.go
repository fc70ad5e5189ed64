//go:build unix

package main

import (
	"os"
	"syscall"
)

// prepare sets what the toolkit reads from the environment before any code of ours runs, by starting
// this program again in the same process: it cannot read the LANG "C" and logs an error.
func prepare() {
	lang := os.Getenv("LANG")
	if lang != "" && lang != "C" && lang != "POSIX" || os.Getenv("LC_ALL") != "" || os.Setenv("LANG", "en_US.UTF-8") != nil {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	_ = syscall.Exec(self, os.Args, os.Environ()) // the same
}
