package comparison

import (
	"fmt"
	"strings"

	"posthouse/proxy/compare"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// contextRows is how many lines of a text that are the same stay around those that are not.
const contextRows = 3

// target is what a row can be passed over as: a field or a path, one of them.
type target struct{ field, path string }

// page is a result as rows.
type page struct {
	rows    []document.PairRow
	targets []target // of each row
	changes []int    // the rows at which a stretch of differences begins
	brief   bool     // without what is the same
}

func pageOf(r *compare.Result, brief bool) *page {
	p := &page{brief: brief}
	p.message(i18n.T("compare.request"), &r.Request)
	p.message(i18n.T("compare.response"), &r.Response)
	inside := false
	for i := range p.rows {
		kind := p.rows[i].Kind
		differs := kind >= document.PairChanged && kind <= document.PairRemoved && !p.rows[i].Muted
		if differs && !inside {
			p.changes = append(p.changes, i)
		}
		inside = differs
	}
	return p
}

func (p *page) add(row document.PairRow, t target) {
	p.rows, p.targets = append(p.rows, row), append(p.targets, t)
}

// part begins a part; what follows puts the rows in. A part without rows has no title.
func (p *page) part(title string, rows func()) {
	at := len(p.rows)
	if at > 0 {
		p.add(document.PairRow{Kind: document.PairGap}, target{})
	}
	p.add(document.PairRow{Kind: document.PairTitle, Name: title}, target{})
	head := len(p.rows)
	rows()
	if len(p.rows) == head {
		p.rows, p.targets = p.rows[:at], p.targets[:at]
	}
}

func (p *page) message(name string, m *compare.Message) {
	under := func(part string) string { return name + " · " + i18n.T(part) }
	p.part(name, func() {
		p.entries(&m.Start, func(e *compare.Entry) (string, target) { return startName(e.Name), target{} })
	})
	p.part(under("compare.query"), func() {
		p.entries(&m.Query, func(e *compare.Entry) (string, target) { return e.Name, target{path: e.Name} })
	})
	field := func(e *compare.Entry) (string, target) { return e.Name, target{field: strings.ToLower(e.Name)} }
	p.part(under("compare.fields"), func() { p.entries(&m.Fields, field) })
	p.part(under("compare.trailer"), func() { p.entries(&m.Trailer, field) })
	p.part(under("compare.body")+bodyNote(&m.Body), func() { p.body(&m.Body) })
}

var startNames = map[string]string{"method": "column.method", "host": "column.host", "path": "column.path", "status": "column.status"}

// startName is a part of a start-line in words.
func startName(name string) string {
	if key := startNames[name]; key != "" {
		return i18n.T(key)
	}
	return i18n.T("compare.start." + name)
}

// bodyNote is what must be known of a comparison of bodies.
func bodyNote(b *compare.Body) (note string) {
	add := func(key string, args ...any) { note += " · " + i18n.T(key, args...) }
	switch {
	case b.How == compare.Unknown:
		add("compare.unknown")
	case b.Partial[0] || b.Partial[1]:
		add("compare.partial")
	}
	if b.Recoded {
		add("compare.recoded")
	}
	if b.How == compare.AsLines && b.Lines.Coarse {
		add("compare.coarse")
	}
	return note
}

// entries are told one a row; name says how each is called, and as what it is passed over.
func (p *page) entries(s *compare.Entries, name func(*compare.Entry) (string, target)) {
	for i := range s.List {
		e := &s.List[i]
		if p.brief && e.Kind == compare.Same && e.Remark == 0 || e.Old == "" && e.New == "" && e.Kind == compare.Same {
			continue
		}
		row := document.PairRow{Old: e.Old, New: e.New, Muted: e.Ignored}
		var t target
		row.Name, t = name(e)
		switch e.Kind {
		case compare.Same:
			row.New += remarks(e.Remark)
			row.Muted = row.Muted || e.Remark != 0
		case compare.Changed:
			row.Kind = document.PairChanged
		case compare.Added:
			row.Kind = document.PairAdded
		case compare.Removed:
			row.Kind = document.PairRemoved
		}
		p.add(row, t)
	}
	if s.More > 0 {
		more := i18n.T("compare.more", words.CountText(s.More))
		p.add(document.PairRow{Old: more, New: more, Muted: true}, target{})
	}
}

// remarks are what differs and changes no meaning.
func remarks(r compare.Remark) (text string) {
	for _, one := range [...]struct {
		remark compare.Remark
		key    string
	}{{compare.Moved, "compare.moved"}, {compare.Recast, "compare.recast"}} {
		if r&one.remark != 0 {
			text += "  (" + i18n.T(one.key) + ")"
		}
	}
	return text
}

func (p *page) body(b *compare.Body) {
	switch b.How {
	case compare.Equal:
		if !p.brief && b.Sizes != [2]int64{} {
			p.add(document.PairRow{Name: i18n.T("column.size"), Old: words.ExactSize(b.Sizes[0]),
				New: words.ExactSize(b.Sizes[1])}, target{})
		}
	case compare.Unknown:
		p.add(document.PairRow{Name: i18n.T("column.size"), Old: words.ExactSize(b.Sizes[0]), New: words.ExactSize(b.Sizes[1]),
			Muted: true},
			target{})
	case compare.AsJSON, compare.AsForm:
		p.entries(&b.Entries, func(e *compare.Entry) (string, target) { return e.Name, target{path: compare.AnyPlace(e.Name)} })
	case compare.AsLines:
		p.lines(&b.Lines)
	case compare.AsBytes:
		p.ranges(&b.Ranges)
	}
}

// lines stand beside each other: what was removed beside what came in its place.
func (p *page) lines(l *compare.Lines) {
	for i := 0; i < len(l.Runs); i++ {
		run := &l.Runs[i]
		switch run.Kind {
		case compare.Same:
			p.sameLines(l, run, i > 0, i+1 < len(l.Runs))
			continue
		case compare.Removed:
			if i+1 < len(l.Runs) && l.Runs[i+1].Kind == compare.Added {
				p.linePair(l, run.Old, l.Runs[i+1].New)
				i++
				continue
			}
		}
		p.linePair(l, run.Old, run.New)
	}
}

// sameLines are told all, or near differences alone.
func (p *page) sameLines(l *compare.Lines, run *compare.Run, before, after bool) {
	n := run.Old[1] - run.Old[0]
	head, tail := 0, 0
	if before {
		head = contextRows
	}
	if after {
		tail = contextRows
	}
	if !p.brief || n <= head+tail+1 {
		head, tail = n, 0
	}
	for i := range n {
		if i == head && n > head+tail {
			text := i18n.T("compare.equal_lines", words.CountText(n-head-tail))
			p.add(document.PairRow{Old: text, New: text, Muted: true}, target{})
		}
		if i >= head && i < n-tail {
			continue
		}
		old, fresh := run.Old[0]+i, run.New[0]+i
		p.add(document.PairRow{Old: lineText(l.Old[old]), New: lineText(l.New[fresh]), Number: [2]int{old + 1, fresh + 1}}, target{})
	}
}

func (p *page) linePair(l *compare.Lines, old, fresh [2]int) {
	for old[0] < old[1] || fresh[0] < fresh[1] {
		row := document.PairRow{Kind: document.PairChanged}
		if old[0] == old[1] {
			row.Kind = document.PairAdded
		} else {
			row.Old, row.Number[0] = lineText(l.Old[old[0]]), old[0]+1
			old[0]++
		}
		if fresh[0] == fresh[1] {
			row.Kind = document.PairRemoved
		} else {
			row.New, row.Number[1] = lineText(l.New[fresh[0]]), fresh[0]+1
			fresh[0]++
		}
		p.add(row, target{})
	}
}

// lineText is a line without its end; one that ends otherwise shows it.
func lineText(s string) string { return strings.TrimSuffix(s, "\n") }

// ranges are told by their offsets, with the bytes they begin with.
func (p *page) ranges(r *compare.Ranges) {
	for i := range r.List {
		at := &r.List[i]
		name := fmt.Sprintf("%08x", at.Offset)
		if at.Length > 1 {
			name += fmt.Sprintf("–%08x", at.Offset+at.Length-1)
		}
		more := ""
		if int(at.Length) > len(at.Old) {
			more = " " + words.Ellipsis
		}
		p.add(document.PairRow{Kind: document.PairChanged, Name: name, Old: fmt.Sprintf("% x", at.Old) + more,
			New: fmt.Sprintf("% x", at.New) + more}, target{})
	}
	if r.More > 0 {
		more := i18n.T("compare.more", words.CountText(r.More))
		p.add(document.PairRow{Old: more, New: more, Muted: true}, target{})
	}
	switch {
	case r.Tail > 0:
		p.add(document.PairRow{Kind: document.PairAdded, Name: i18n.T("compare.tail"), New: words.ExactSize(r.Tail)}, target{})
	case r.Tail < 0:
		p.add(document.PairRow{Kind: document.PairRemoved, Name: i18n.T("compare.tail"), Old: words.ExactSize(-r.Tail)}, target{})
	}
}
