package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/proxy/capture/query"
	"posthouse/ui/command"
	"posthouse/ui/feed"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// quickButtons stand below the filter: each writes a word into it, or takes it out. Behind
// them stands how far a filter has come that asks for bodies. They belong to the UI goroutine.
type quickButtons struct {
	text func() string
	set  func(string)

	all      *uiwidget.BarButton
	kinds    [len(feed.Kinds)]*uiwidget.BarButton
	looks    *uiwidget.CutLabel
	is       feed.Looks
	object   *fyne.Container
	modifier func() fyne.KeyModifier // what is held down beside the pointer
}

const quickHeight = 26

func newQuickButtons(text func() string, set func(string)) *quickButtons {
	q := &quickButtons{text: text, set: set, looks: uiwidget.NewCutLabel(style.ColorMuted), modifier: keysHeld}
	q.all = uiwidget.NewBarButton(nil, func() { q.choose("") })
	row := []fyne.CanvasObject{q.all}
	for i, kind := range feed.Kinds {
		q.kinds[i] = uiwidget.NewBarButton(nil, func() { q.choose(kind.Word) })
		row = append(row, q.kinds[i])
	}
	q.object = container.New(uiwidget.FitRow{Height: quickHeight}, append(row, q.looks)...)
	q.retranslate()
	return q
}

func keysHeld() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

// choose puts a kind into the filter, or takes it out.
func (q *quickButtons) choose(word string) {
	q.set(feed.WithKind(q.text(), word, q.modifier()&ctrl != 0))
}

// items are they as commands.
func (q *quickButtons) items() []command.Item {
	items := []command.Item{command.Do(command.Command{ID: "filter.kind.all", Name: "filter.kind.all", Checked: q.all.On,
		Run: func() { q.set(feed.WithKind(q.text(), "", false)) }})}
	for i, kind := range feed.Kinds {
		items = append(items, command.Do(command.Command{ID: "filter.kind." + kind.Name, Name: "filter.kind." + kind.Name,
			Checked: q.kinds[i].On, Run: func() { q.set(feed.WithKind(q.text(), kind.Word, false)) }}))
	}
	return items
}

// follow shows which kinds the filter has.
func (q *quickButtons) follow(text string) {
	down := feed.KindsOf(text)
	q.all.SetOn(len(down) == 0)
	for i, kind := range feed.Kinds {
		q.kinds[i].SetOn(slices.Contains(down, kind.Word))
	}
}

// lacks are what may be lacking, with their names in the catalogue.
var lacks = [...]struct {
	lack query.Lack
	name string
}{
	{query.LackCut, "cut"}, {query.LackEvicted, "evicted"}, {query.LackNotRecorded, "not-recorded"}, {query.LackArriving, "arriving"},
	{query.LackUndecoded, "undecoded"}, {query.LackTunnel, "tunnel"}, {query.LackTime, "time"},
}

// show says how far a filter has come.
func (q *quickButtons) show(l feed.Looks) {
	if q.is != l {
		q.is = l
		q.looks.Set(looksText(&l))
	}
}

func looksText(l *feed.Looks) string {
	var parts []string
	if l.Pending > 0 {
		parts = append(parts, i18n.N("filter.looking", l.Pending, words.CountText(l.Pending)))
	}
	if l.Unknown > 0 {
		parts = append(parts, i18n.N("filter.unknown", l.Unknown, words.CountText(l.Unknown)))
		for _, one := range lacks {
			if n := l.Lacks.Of(one.lack); n > 0 {
				parts = append(parts, i18n.T("filter.lack."+one.name, words.CountText(n)))
			}
		}
	}
	return strings.Join(parts, "  ·  ")
}

func (q *quickButtons) retranslate() {
	q.all.SetLabel(i18n.T("filter.kind.all"))
	for i, kind := range feed.Kinds {
		q.kinds[i].SetLabel(i18n.T("filter.kind." + kind.Name))
	}
	q.looks.Set(looksText(&q.is))
	q.object.Refresh()
}
