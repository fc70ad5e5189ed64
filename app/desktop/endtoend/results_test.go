//go:build unix && !darwin

package endtoend

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// results are written down for docs/reliability.md: the slowest of each.
var results struct {
	sync.Mutex
	order []string
	worst map[string]time.Duration
	count map[string]int
}

func result(name, kind string, took time.Duration) {
	results.Lock()
	defer results.Unlock()
	if results.worst == nil {
		results.worst, results.count = map[string]time.Duration{}, map[string]int{}
	}
	if !slices.Contains(results.order, name) {
		results.order = append(results.order, name)
	}
	results.worst[name+kind] = max(results.worst[name+kind], took)
	results.count[name+kind]++
}

// table is the matrix as docs/reliability.md shows it.
func table() string {
	var b strings.Builder
	b.WriteString("| Ending | GNOME keys | KDE file | Windows registry (Wine) |\n|---|---|---|---|\n")
	var names []string
	for _, e := range endings {
		names = append(names, e.name)
	}
	for _, name := range results.order {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		fmt.Fprintf(&b, "| %s |", name)
		for _, kind := range []string{"gnome", "kde", "windows"} {
			if n := results.count[name+kind]; n > 0 {
				fmt.Fprintf(&b, " %d of %d, %.2f s |", n, n, results.worst[name+kind].Seconds())
			} else {
				b.WriteString(" - |")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
