package details

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// Bounds of a summary: how many names it tells apart, and how many it shows.
const (
	maxTallied = 4096
	maxShown   = 6
)

// summary is what several exchanges come to.
type summary struct {
	rows, flight, failed int
	up, down             int64
	first, last          time.Time // the first beginning and the last end, as far as it is known
	took                 []time.Duration
	statuses             tally
	hosts                tally
	apps                 tally
	starred, noted       int
	marked               int
}

// tally counts names, of which it tells a bounded number apart.
type tally struct {
	by   map[string]int
	rest int
}

func (t *tally) add(name string) {
	if name == "" {
		return
	}
	if t.by == nil {
		t.by = map[string]int{}
	}
	if _, known := t.by[name]; !known && len(t.by) >= maxTallied {
		t.rest++
		return
	}
	t.by[strings.Clone(name)]++ // the row's texts share their memory
}

// text names the most frequent ones with how often they are there, and how many more names
// there are.
func (t *tally) text() string {
	names := make([]string, 0, len(t.by))
	for name := range t.by {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(t.by[b], t.by[a]), cmp.Compare(a, b)) })
	var parts []string
	for _, name := range names[:min(len(names), maxShown)] {
		part := words.VisibleText(words.ShortText(name, 60))
		if len(names) > 1 || t.rest > 0 {
			part += " (" + words.CountText(t.by[name]) + ")"
		}
		parts = append(parts, part)
	}
	if more := max(0, len(names)-maxShown) + t.rest; more > 0 {
		parts = append(parts, i18n.T("several.more", words.CountText(more)))
	}
	return strings.Join(parts, ", ")
}

// summarise reads rows; those that have left are not counted. It returns early, with what
// is not to be shown, once its context ends.
func summarise(ctx context.Context, ids []flow.ID, row func(flow.ID) (flow.Row, bool)) *summary {
	s := &summary{}
	for i, id := range ids {
		if i%1024 == 0 && ctx.Err() != nil {
			return s
		}
		if r, ok := row(id); ok {
			s.add(&r)
		}
	}
	slices.Sort(s.took)
	return s
}

func (s *summary) add(r *flow.Row) {
	s.rows++
	s.up, s.down = s.up+r.RequestSize, s.down+r.ResponseSize
	if !r.Start.IsZero() { // a file may not tell it
		s.span(r.Start, r.Start.Add(r.Duration))
	}
	switch {
	case !r.Phase.Final():
		s.flight++
	case r.Phase == flow.PhaseFailed && !r.LeftStream():
		s.failed++
		fallthrough
	default:
		s.took = append(s.took, r.Duration)
	}
	if r.Phase.Final() && r.Kind != flow.KindTunnel {
		s.statuses.add(words.StatusText(r, time.Time{}))
	}
	s.hosts.add(r.Host)
	s.apps.add(r.App)
	s.count(&r.Annotation)
}

// span has the time that all took begin and end no later and no sooner than this.
func (s *summary) span(from, to time.Time) {
	if s.first.IsZero() || from.Before(s.first) {
		s.first = from
	}
	if to.After(s.last) {
		s.last = to
	}
}

func (s *summary) count(said *flow.Annotation) {
	if said.Star {
		s.starred++
	}
	if said.Mark != flow.MarkNone {
		s.marked++
	}
	if said.Note != "" {
		s.noted++
	}
}

// facts are the lines that are shown.
func (s *summary) facts() (all []fact) {
	add := func(key, value string) {
		if value != "" {
			all = append(all, fact{name: i18n.T(key), value: value})
		}
	}
	add("details.up", words.ExactSize(s.up))
	add("details.down", words.ExactSize(s.down))
	if !s.first.IsZero() {
		const layout = "2006-01-02 15:04:05.000"
		add("several.span", i18n.T("several.span.text", s.first.Local().Format(layout), s.last.Local().Format(layout),
			words.StepText(s.last.Sub(s.first))))
	}
	if n := len(s.took); n > 0 {
		add("details.took", i18n.T("several.took.text", words.StepText(s.took[0]), words.StepText((s.took[(n-1)/2]+s.took[n/2])/2),
			words.StepText(s.took[n-1])))
	}
	add("column.status", s.statuses.text())
	for _, c := range []struct {
		key string
		n   int
	}{{"several.flight", s.flight}, {"several.failed", s.failed}} {
		if c.n > 0 {
			add(c.key, words.CountText(c.n))
		}
	}
	add("column.host", s.hosts.text())
	add("details.app", s.apps.text())
	var said []string
	for _, c := range []struct {
		key string
		n   int
	}{{"several.starred", s.starred}, {"several.marked", s.marked}, {"several.noted", s.noted}} {
		if c.n > 0 {
			said = append(said, i18n.T(c.key, words.CountText(c.n)))
		}
	}
	add("several.said", strings.Join(said, ", "))
	return all
}
