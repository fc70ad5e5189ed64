package sysproxy

import (
	"fmt"
	"strings"
)

// A Report says what a restore did. The zero Report: there was nothing to do.
type Report struct {
	Restored []KeyReport // put back
	Left     []KeyReport // not put back: somebody else changed them meanwhile
	Dead     []string    // previous proxies on this computer that do not answer now; put back all the same
	Damaged  string      // where a journal that could not be read was moved to; nothing was put back from it
	Gone     []string    // backends of the journal that this desktop no longer has
	Busy     int         // the process ID of the Posthouse whose settings are in force and were left alone
}

// KeyReport is one key of a report.
type KeyReport struct {
	Backend, Key string
	Wrote        string // what Posthouse had written
	Now          string // what it holds now
}

// Empty reports whether there was nothing to say.
func (r Report) Empty() bool {
	return len(r.Restored)+len(r.Left)+len(r.Dead)+len(r.Gone) == 0 && r.Damaged == "" && r.Busy == 0
}

// String is the report in English, a line for each fact.
func (r Report) String() string {
	if r.Empty() {
		return "Nothing to restore: Posthouse has not changed the system proxy.\n"
	}
	var b strings.Builder
	for _, k := range r.Restored {
		fmt.Fprintf(&b, "restored  %s: %s is %s again\n", k.Backend, k.Key, shown(k.Now))
	}
	for _, k := range r.Left {
		fmt.Fprintf(&b, "left      %s: %s is %s; Posthouse had written %s, and somebody changed it\n", k.Backend, k.Key, shown(k.Now),
			shown(k.Wrote))
	}
	for _, addr := range r.Dead {
		fmt.Fprintf(&b, "note      the previous proxy %s was put back but does not answer\n", addr)
	}
	for _, name := range r.Gone {
		fmt.Fprintf(&b, "note      the settings of %s cannot be reached now; their journal is kept\n", name)
	}
	if r.Damaged != "" {
		fmt.Fprintf(&b, "note      the journal was damaged and is now %s; look at the proxy in your system settings\n", r.Damaged)
	}
	if r.Busy != 0 {
		fmt.Fprintf(&b, "note      the Posthouse with process ID %d has set the system proxy and is running; nothing was changed\n", r.Busy)
	}
	return b.String()
}

func shown(text string) string {
	if text == "" {
		return "(not set)"
	}
	return text
}
