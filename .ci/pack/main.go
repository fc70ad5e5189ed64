// Command pack makes the parts of packages that no other tool makes the same
// way everywhere: archives whose bytes depend on their files alone, the resources
// of the Windows programs, what the Debian package depends on, and checksums.
//
//	pack tar OUT.tar[.gz] DIR      what is in DIR, below its own name
//	pack zip OUT.zip DIR
//	pack winres OUT.syso VERSION NAME DESCRIPTION
//	pack icns OUT.icns NAME        the icon assets/png/NAME-SIZE.png for macOS
//	pack depends PROGRAM...        the Depends of a Debian package
//	pack sums DIR                  SHA256SUMS of the files in DIR
//
// Times are those of SOURCE_DATE_EPOCH (reproducible-builds.org), else 1980-01-01.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

var commands = map[string]struct {
	least, most int // arguments
	run         func(args []string) error
}{
	"tar":     {2, 2, func(a []string) error { return writeTar(a[0], a[1], epoch()) }},
	"zip":     {2, 2, func(a []string) error { return writeZip(a[0], a[1], epoch()) }},
	"winres":  {4, 4, func(a []string) error { return writeResources(a[0], a[1], a[2], a[3]) }},
	"icns":    {2, 2, func(a []string) error { return writeIcns(a[0], "assets/png", a[1]) }},
	"depends": {1, 10, func(a []string) error { return printDepends(a) }},
	"sums":    {1, 1, func(a []string) error { return writeSums(a[0]) }},
}

func main() {
	if len(os.Args) < 2 {
		fail("a command is needed; see its source")
	}
	c, ok := commands[os.Args[1]]
	if n := len(os.Args) - 2; !ok || n < c.least || n > c.most {
		fail("cannot understand the command line; see its source")
	}
	if err := c.run(os.Args[2:]); err != nil {
		fail(err.Error())
	}
}

func fail(what string) {
	_, _ = fmt.Fprintln(os.Stderr, "pack:", what)
	os.Exit(1)
}

// epoch is the time that all files of an archive get.
func epoch() time.Time {
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if oldest := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC); err != nil || seconds < oldest.Unix() {
		return oldest // what a zip can hold
	}
	return time.Unix(seconds, 0).UTC()
}
