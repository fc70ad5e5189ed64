package rules

import "posthouse/proxy/rules"

// line is what stands in one line of the list: a rule, or the name above rules of one folder
// that follow each other. The list has the order in which rules apply, so a folder whose rules
// stand apart has more than one such line.
type line struct {
	rule   int // -1: the folder's
	folder string
	from   int // the rules of the folder's line
	to     int // behind the last of them
}

// linesOf puts rules into lines. Those of a folded folder have none.
func linesOf(list []*rules.Compiled, folded func(folder string) bool) (lines []line) {
	for i := 0; i < len(list); {
		folder := list[i].Folder
		if folder == "" {
			lines = append(lines, line{rule: i})
			i++
			continue
		}
		to := i + 1
		for to < len(list) && list[to].Folder == folder {
			to++
		}
		lines = append(lines, line{rule: -1, folder: folder, from: i, to: to})
		for ; i < to; i++ {
			if !folded(folder) {
				lines = append(lines, line{rule: i, folder: folder})
			}
		}
	}
	return lines
}

// lineOf is the line of a rule, or of the folder that hides it; -1 for none.
func lineOf(lines []line, rule int) int {
	found := -1
	for i, l := range lines {
		switch {
		case l.rule >= 0 && l.rule == rule:
			return i
		case l.rule < 0 && l.from <= rule && rule < l.to:
			found = i
		}
	}
	return found
}

// first is the first rule that a line stands for, and behind is behind the last.
func (l *line) first() int {
	if l.rule < 0 {
		return l.from
	}
	return l.rule
}

func (l *line) behind() int {
	if l.rule < 0 {
		return l.to
	}
	return l.rule + 1
}

// rules are all rules that a line stands for.
func (l *line) rules() (all []int) {
	for i := l.first(); i < l.behind(); i++ {
		all = append(all, i)
	}
	return all
}

// place is where rules are moved to: before which they stand then, counted with them where they
// are now, and in which folder.
type place struct {
	before int
	folder string
}

// placeAt is where a rule stands that is dropped between two lines: before the line at gap. Below
// the last rule of a folder it is in the folder where it is dropped as far right as those are.
func placeAt(lines []line, gap int, right bool) place {
	gap = max(0, min(gap, len(lines)))
	p := place{}
	if gap > 0 {
		p.before = lines[gap-1].behind()
		if above := lines[gap-1]; above.rule < 0 && gap < len(lines) && lines[gap].folder == above.folder && lines[gap].rule >= 0 {
			p.before = above.from // below the name of a folder that is open
		}
		above := lines[gap-1]
		within := gap < len(lines) && lines[gap].rule >= 0 && lines[gap].folder == above.folder
		if within || right && above.rule >= 0 {
			p.folder = above.folder
		}
	}
	return p
}

// placeOf is where a folder stands that is dropped between two lines: never within another.
func placeOf(lines []line, gap int) place {
	p := placeAt(lines, gap, false)
	for _, l := range lines {
		if l.rule < 0 && l.from < p.before && p.before < l.to {
			p.before = l.to
		}
	}
	p.folder = ""
	return p
}

// stepOf is where a rule stands that goes up or down by one: past its neighbour, into the folder
// beside it, or out of its own; false where there is nowhere to go.
func stepOf(lines []line, at int, down bool) (place, bool) {
	l := lines[at]
	next := at - 1
	if down {
		next = at + 1
	}
	if next < 0 || next >= len(lines) {
		if down && l.rule >= 0 && l.folder != "" {
			return place{before: l.rule}, true // out of the last folder
		}
		return place{}, false
	}
	n := lines[next]
	switch {
	case l.rule < 0 && down: // a folder goes past the whole of what is below
		if next = lineBehind(lines, at); next == len(lines) {
			return place{}, false
		}
		return place{before: lines[next].behind()}, true
	case l.rule < 0:
		for n.rule >= 0 && n.folder != "" { // to the name above
			next--
			n = lines[next]
		}
		return place{before: n.first()}, true
	case n.folder == l.folder && n.rule >= 0: // a neighbour
		if down {
			return place{n.behind(), l.folder}, true
		}
		return place{n.first(), l.folder}, true
	case l.folder != "": // out of its folder
		return place{before: l.rule}, true
	case n.rule >= 0: // into the folder above
		return place{l.rule, n.folder}, true
	case next+1 < len(lines) && lines[next+1].rule >= 0 && lines[next+1].folder == n.folder: // into the one below, which is open
		return place{l.rule + 1, n.folder}, true
	case down:
		return place{before: n.to}, true
	}
	return place{before: n.from}, true
}

// lineBehind is the line behind all rules of a folder's.
func lineBehind(lines []line, at int) int {
	next := at + 1
	for next < len(lines) && lines[next].first() < lines[at].to {
		next++
	}
	return next
}
