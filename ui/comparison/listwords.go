package comparison

import (
	"image/color"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/proxy/compare"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/words"
)

// arrow stands between what was and what is. The toolkit draws a longer one in another font,
// and a space after it as a box.
const arrow = " › "

// both are a value of each exchange that there is: one where they are the same.
func both(p *compare.Pair, text func(side int) string) string {
	switch a, b := text(0), text(1); {
	case p.A == 0 || p.B != 0 && a == b:
		return b
	case p.B == 0:
		return a
	default:
		return a + arrow + b
	}
}

// row is a side as a row, as far as its status is concerned.
func row(p *compare.Pair, side int) *flow.Row {
	r := &flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseDone, Status: int(p.Status[side]), Failure: p.Failure[side]}
	if r.Failure != flow.FailureNone {
		r.Phase = flow.PhaseFailed
	}
	return r
}

func statusPair(p *compare.Pair) string {
	return both(p, func(side int) string {
		if p.Status[side] != 0 {
			return strconv.Itoa(int(p.Status[side]))
		}
		return words.StatusText(row(p, side), time.Time{})
	})
}

// statusColor is that of the newest status.
func statusColor(p *compare.Pair) color.Color {
	side := 1
	if p.B == 0 {
		side = 0
	}
	return style.StatusColor(row(p, side))
}

// ratioFrom is what a ratio differs from one at least, to be told.
const ratioFrom = 0.05

func timePair(p *compare.Pair) string {
	text := both(p, func(side int) string { return words.DurationText(p.Took[side]) })
	if p.A == 0 || p.B == 0 || p.Took[0] <= 0 || p.Took[1] <= 0 {
		return text
	}
	if ratio := float64(p.Took[1]) / float64(p.Took[0]); ratio > 1+ratioFrom || ratio < 1-ratioFrom {
		digits := 1
		if ratio < 0.95 {
			digits = 2
		}
		text += "  ×" + strconv.FormatFloat(ratio, 'f', digits, 64)
	}
	return text
}

func sizePair(p *compare.Pair) string {
	return both(p, func(side int) string { return words.SizeText(p.Size[side]) })
}

// numberText is what a pair is called where there are too many to be told by name.
func numberText(p *compare.Pair) string {
	return "#" + words.CountText(uint64(max(p.A, p.B)))
}

var partWords = map[compare.Part]string{compare.PartStatus: "column.status", compare.PartFailure: "compare.part.failure",
	compare.PartScheme: "compare.start.scheme", compare.PartHost: "column.host", compare.PartVersion: "compare.start.version",
	compare.PartStatusLine: "compare.start.status-line", compare.PartQuery: "compare.query",
	compare.PartRequestBody: "compare.part.request_body", compare.PartResponseBody: "compare.part.response_body",
	compare.PartRequestField: "compare.part.request_field", compare.PartResponseField: "compare.part.response_field"}

// lackWords are why something was not compared: of one pair, and counted.
var lackWords = [compare.Lacks][2]string{{"compare.lack.cut", "search.lack.cut"}, {"compare.lack.evicted", "search.lack.evicted"},
	{"compare.lack.not_recorded", "search.lack.not_recorded"}, {"compare.lack.arriving", "search.lack.arriving"},
	{"compare.lack.undecoded", "search.lack.undecoded"}, {"compare.lack.tunnel", "search.lack.tunnel"},
	{"compare.lack.large", "compare.lacks.large"}}

// differsText says in few words in what a pair differs, and what could not be looked at.
func (r *lists) differsText(p *compare.Pair) string {
	var parts []string
	var last compare.Part
	told := r.result.Told(p)
	for _, d := range told {
		switch {
		case d.Part != last:
			parts = append(parts, strings.TrimSpace(i18n.T(partWords[d.Part])+" "+d.Name))
		case d.Name != "":
			parts[len(parts)-1] += ", " + d.Name
		}
		last = d.Part
	}
	if more := int(p.Differ) - len(told); more > 0 {
		parts = append(parts, "+"+words.CountText(more))
	}
	if p.Kind == compare.PairSame && p.OtherPath {
		parts = append(parts, i18n.T("compare.lists.other"))
	}
	for i, lack := range lackWords {
		if p.Lacks&(1<<i) != 0 {
			parts = append(parts, i18n.T(lack[0]))
		}
	}
	if p.Kind == compare.PairUnseen && p.Lacks == 0 {
		parts = append(parts, i18n.T("compare.lack.left"))
	}
	return strings.Join(parts, " · ")
}

// progressText says how far a comparison is.
func progressText(p *compare.ListProgress) string {
	if p.Of == 0 {
		return i18n.T("compare.lists.reading", words.CountText(p.Read[0]), words.CountText(p.Read[1]))
	}
	return i18n.T("compare.lists.looking", words.CountText(p.Done), words.CountText(p.Of))
}

// stateText says what was compared, and what was not.
func (r *lists) stateText() string {
	n := &r.result.Counts
	text := []string{i18n.T("compare.lists.state", words.CountText(len(r.result.Pairs)), words.CountText(n.Rows[0]),
		words.CountText(n.Rows[1]))}
	var lacks []string
	for i, lack := range lackWords {
		if n.Lacks[i] > 0 {
			lacks = append(lacks, i18n.T(lack[1], words.CountText(n.Lacks[i])))
		}
	}
	if n.Left > 0 {
		lacks = append(lacks, i18n.T("compare.lacks.left", words.CountText(n.Left)))
	}
	if len(lacks) > 0 {
		text = append(text, i18n.T("compare.lists.lacks", strings.Join(lacks, i18n.T("search.comma"))))
	}
	for _, out := range [...]struct {
		key string
		n   [2]int
	}{{"compare.lists.running", n.Running}, {"compare.lists.over", n.Over}, {"compare.lists.filtered", n.Filtered}} {
		if out.n != [2]int{} {
			text = append(text, i18n.T(out.key, words.CountText(out.n[0]), words.CountText(out.n[1])))
		}
	}
	return strings.Join(text, i18n.T("search.stop"))
}

// pairItems are what can be done with a pair.
func (r *lists) pairItems(p *compare.Pair) []*fyne.MenuItem {
	items := []*fyne.MenuItem{fyne.NewMenuItem(i18n.T("compare.lists.open"), r.openPair)}
	for _, d := range r.result.Told(p) {
		var t target
		switch d.Part {
		case compare.PartRequestField, compare.PartResponseField:
			t.field = d.Name
		case compare.PartQuery, compare.PartRequestBody, compare.PartResponseBody:
			t.path = d.Name
		}
		if t != (target{}) {
			items = append(items, r.ignoreItem(t, r.again))
		}
	}
	if len(items) > 1 {
		items = append(items[:1], append([]*fyne.MenuItem{fyne.NewMenuItemSeparator()}, items[1:]...)...)
	}
	return items
}
