package compare

import (
	"strings"
	"time"

	"posthouse/proxy/content"
)

// maxLines bounds the lines of both texts that are looked at one by one.
const maxLines = 1_000_000

// Lines are in what two texts differ.
type Lines struct {
	Old, New []string // with their line ends
	Runs     []Run
	Differ   int  // lines that were added or removed
	Coarse   bool // the time was over, or there are too many lines: more is told than differs
}

// Run is a stretch of lines; both of its parts have as many lines where it is Same.
type Run struct {
	Kind Kind // Same, Added, Removed
	Old  [2]int
	New  [2]int // from, to
}

func lines(p *[2]plain, o *Options) Lines {
	var texts [2]string
	for i := range p {
		texts[i], _ = content.Text(p[i].contentType, p[i].bytes)
	}
	return Texts(texts[0], texts[1], o.Timeout)
}

// Texts compares two texts by lines, in about as much time; 0 is DefaultTimeout.
func Texts(a, b string, timeout time.Duration) Lines {
	l := Lines{Old: splitLines(a), New: splitLines(b)}
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	first := 0
	for first < min(len(l.Old), len(l.New)) && l.Old[first] == l.New[first] {
		first++
	}
	last := 0
	for last < min(len(l.Old), len(l.New))-first && l.Old[len(l.Old)-1-last] == l.New[len(l.New)-1-last] {
		last++
	}
	l.run(Same, first, first)
	oldMiddle, newMiddle := l.Old[first:len(l.Old)-last], l.New[first:len(l.New)-last]
	if len(oldMiddle)+len(newMiddle) > maxLines {
		l.Coarse = true
		l.run(Removed, len(oldMiddle), 0)
		l.run(Added, 0, len(newMiddle))
	} else {
		l.middle(oldMiddle, newMiddle, timeout)
	}
	l.run(Same, last, last)
	return l
}

// middle compares what lies between what is the same at both ends.
func (l *Lines) middle(a, b []string, timeout time.Duration) {
	numbers := make(map[string]int, len(a))
	numbered := func(lines []string) []int {
		all := make([]int, len(lines))
		for i, line := range lines {
			n, known := numbers[line]
			if !known {
				n = len(numbers)
				numbers[line] = n
			}
			all[i] = n
		}
		return all
	}
	m := myers{a: numbered(a), b: numbered(b), deadline: time.Now().Add(timeout), out: l}
	m.compare(0, len(a), 0, len(b))
	m.flush()
	l.Coarse = m.coarse
}

// run takes lines that follow the last run.
func (l *Lines) run(kind Kind, olds, news int) {
	if olds == 0 && news == 0 {
		return
	}
	var at [2]int
	if n := len(l.Runs); n > 0 {
		last := &l.Runs[n-1]
		at = [2]int{last.Old[1], last.New[1]}
		if last.Kind == kind {
			last.Old[1], last.New[1] = at[0]+olds, at[1]+news
			l.count(kind, olds, news)
			return
		}
	}
	l.Runs = append(l.Runs, Run{Kind: kind, Old: [2]int{at[0], at[0] + olds}, New: [2]int{at[1], at[1] + news}})
	l.count(kind, olds, news)
}

func (l *Lines) count(kind Kind, olds, news int) {
	if kind != Same {
		l.Differ += olds + news
	}
}

// splitLines keeps line ends: a last line without one is another than with it.
func splitLines(s string) []string {
	all := strings.SplitAfter(s, "\n")
	if last := len(all) - 1; all[last] == "" {
		all = all[:last]
	}
	return all
}
