//go:build !unix

package cputime

import "time"

var begun = time.Now()

// Used is the time since the process began: here nothing better is asked.
func Used() time.Duration { return time.Since(begun) }
