//go:build unix

package main

import (
	"os"
	"syscall"
)

const textLife = "11s"

// prepare sets what the toolkit reads from the environment before any code of
// ours runs, by starting this program again in the same process.
//
//   - FYNE_CACHE: drawn texts are kept for a minute by default, which under fast
//     change is hundreds of megabytes. With ten seconds or less the toolkit
//     (2.8.1) walks through the whole window 60 times a second, to keep what is
//     on a screen that stands still.
//   - LANG: the toolkit cannot read "C" and logs an error.
func prepare() {
	changed := false
	set := func(name, value string) {
		if os.Setenv(name, value) == nil {
			changed = true
		}
	}
	if os.Getenv("FYNE_CACHE") == "" {
		set("FYNE_CACHE", textLife)
	}
	if lang := os.Getenv("LANG"); (lang == "" || lang == "C" || lang == "POSIX") && os.Getenv("LC_ALL") == "" {
		set("LANG", "en_US.UTF-8")
	}
	if !changed {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return // it only costs memory
	}
	_ = syscall.Exec(self, os.Args, os.Environ()) // the same
}
