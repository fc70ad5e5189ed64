package rules

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/rules"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// trial is where a person sees what the rules would do to a request, and why not.
type trial struct {
	room   *Room
	object *fyne.Container
	method *uiwidget.SelectEntry
	url    *uiwidget.KeyEntry
	app    *uiwidget.KeyEntry
	device *uiwidget.KeyEntry
	taking *widget.Button
	wrong  *widget.Label
	out    *widget.RichText

	shown  int                // the trial that is shown
	run    int                // counts trials: the answer to an older one is not shown
	cancel context.CancelFunc // ends the one that runs
	of     tried              // what is tried
	seen   string             // what is shown, so that it is drawn again only where it is another
	result *rules.Trial
	bodies [2][]outLine // what is shown of the bodies of request and response
}

// tried tells whether another request is selected, or the same has gone on.
type tried struct {
	id  flow.ID
	rev flow.Rev
}

func newTrial(r *Room) *trial {
	t := &trial{room: r, wrong: label(widget.DangerImportance), out: widget.NewRichText()}
	a := &r.asked
	t.method = uiwidget.NewSelectEntry([]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
	t.method.SetPlaceHolder("GET")
	t.method.OnChanged = func(text string) { t.typed(&a.Method, text) }
	entry := func(value *string) *uiwidget.KeyEntry {
		e := uiwidget.NewKeyEntry()
		e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
		e.Window, e.Escape = r.Shortcut, func() { r.Window.Canvas().Focus(r.list) }
		e.OnChanged = func(text string) { t.typed(value, text) }
		return e
	}
	t.url, t.app, t.device = entry(&a.URL), entry(&a.App), entry(&a.Device)
	t.out.Wrapping = fyne.TextWrapBreak
	t.taking = widget.NewButton("", t.fill)
	above := container.NewVBox(container.NewBorder(nil, nil, container.NewGridWrap(fyne.NewSize(110, t.url.MinSize().Height), t.method),
		nil, t.url), container.NewBorder(nil, nil, nil, t.taking, container.NewGridWithColumns(2, t.app, t.device)), t.wrong)
	t.object = container.NewBorder(container.New(layout.NewCustomPaddedLayout(4, 0, 0, 8), above), nil, nil, nil,
		container.NewVScroll(t.out))
	return t
}

func (t *trial) retranslate() {
	t.url.SetPlaceHolder(i18n.T("rules.test.url"))
	t.app.SetPlaceHolder(i18n.T("rules.test.app"))
	t.device.SetPlaceHolder(i18n.T("rules.test.device"))
	t.taking.SetText(i18n.T("rules.test.take"))
	t.object.Refresh()
}

// typed tries what is typed now.
func (t *trial) typed(value *string, text string) {
	*value = text
	t.again()
	t.room.list.Refresh()
}

// fill fills in the request that is selected in the list.
func (t *trial) fill() {
	row, ok := t.room.Row()
	if !ok {
		return
	}
	shown := t.room.Mask(&row)
	for _, one := range [...]struct {
		entry *widget.Entry
		text  string
	}{{&t.method.Entry, shown.Method}, {&t.url.Entry, shown.URL()}, {&t.app.Entry, shown.App}, {&t.device.Entry, deviceText(&shown)}} {
		one.entry.SetText(one.text)
	}
}

// deviceText is the address of a device that is not this computer.
func deviceText(r *flow.Row) string {
	if a := r.Client.Addr(); a.IsValid() && !a.IsLoopback() {
		return a.String()
	}
	return ""
}

func (t *trial) verdicts() []rules.Verdict {
	if t.result == nil {
		return nil
	}
	return t.result.Verdicts
}

// again tries the rules once more: they, or the request, may be others now. The verdicts are
// there when it returns; what would come out may need the disk, and follows. That is found out
// only while it is in sight.
func (t *trial) again() {
	r := t.room
	t.stop()
	row, typed, err := t.request()
	t.of = tried{row.ID, row.Rev}
	r.tell(t.wrong, err)
	ok := err == nil && row.Method != "" && r.set != nil
	t.result, t.bodies = nil, [2][]outLine{}
	if ok {
		t.result = &rules.Trial{Verdicts: r.set.Explain(&row)}
		r.above.tried.SetText(t.name(&row, typed))
	}
	r.reveal(r.above.tried, ok && len(r.set.Rules) > 0)
	switch {
	case !ok:
		t.show(nil)
	case r.tabs.Selected == tabTest:
		t.start(r.set, row, typed)
	}
}

// name is what is tried, in words.
func (t *trial) name(row *flow.Row, typed bool) string {
	shown, word := t.masked(row), "rules.tried"
	switch {
	case typed:
		word = "rules.tried.typed"
	case row.Kind == flow.KindTunnel:
		word = "rules.tried.tunnel"
	}
	return i18n.T(word, visible.Text(shown.Method+" "+words.ShortText(shown.URL(), 120)))
}

// masked is a row as it is shown: one that was typed as it is.
func (t *trial) masked(row *flow.Row) flow.Row {
	if row.ID == 0 {
		return *row
	}
	return t.room.Mask(row)
}

// follow tries the rules once more if another request is selected, or the same has gone on.
func (t *trial) follow() {
	row, typed, _ := t.request()
	if !typed && t.of != (tried{row.ID, row.Rev}) {
		t.again()
		t.room.list.Refresh()
	}
}

// stop ends the trial that runs: its answer is not shown.
func (t *trial) stop() {
	t.run++
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
}

// start finds out what would come out: first of the heads, and then of the bodies, if any rule is
// for them.
func (t *trial) start(set *rules.Set, row flow.Row, typed bool) {
	r, run, read := t.room, t.run, t.room.Reader()
	ctx, cancel := context.WithCancel(r.Context)
	t.cancel = cancel
	r.Work(func() func() {
		x := subject{row: row}
		if typed {
			x.request = []rules.Field{{Name: "Host", Value: row.Host}}
		} else if kept, there := read(row.ID); there {
			x.keep(&kept)
		}
		result := set.Try(&x.row, x.request, x.response)
		return func() {
			if run != t.run {
				return
			}
			looks := x.looks(result)
			t.take(result, [2][]outLine{bodyLines(result.Bodies[0], "", looks), bodyLines(result.Bodies[1], "", looks)}, &x.row)
			if !looks {
				t.shown = run
				return
			}
			r.Work(func() func() {
				result := set.TryWhole(ctx, &x.row, x.request, x.response, x.bodies)
				lines := [2][]outLine{bodyLines(result.Bodies[0], typeOf(x.request), false),
					bodyLines(result.Bodies[1], typeOf(x.response), false)}
				return func() {
					if run == t.run {
						t.shown = run
						t.take(result, lines, &x.row)
					}
				}
			})
		}
	})
}

// take shows what would come out.
func (t *trial) take(result *rules.Trial, bodies [2][]outLine, row *flow.Row) {
	t.result, t.bodies = result, bodies
	t.show(row)
	t.room.list.Refresh()
}

// request is what is tried; a row without a method is none.
func (t *trial) request() (row flow.Row, typed bool, err error) {
	a := &t.room.asked
	if strings.TrimSpace(a.URL) != "" {
		row, err = a.row()
		return row, true, err
	}
	row, _ = t.room.Row()
	return row, false, nil
}

// fieldsOf are the fields of a head. Those of HTTP/2 that are no fields to rules are left out.
func fieldsOf(head []byte) (fields []rules.Field) {
	_, all := content.Fields(head)
	for _, f := range all {
		if !strings.HasPrefix(f.Name, ":") {
			fields = append(fields, rules.Field{Name: f.Name, Value: f.Value, At: len(fields)})
		}
	}
	return fields
}

// show says what would come out.
func (t *trial) show(row *flow.Row) {
	lines := t.lines(row)
	key := fmt.Sprint(lines, i18n.Lang())
	if key == t.seen {
		return
	}
	t.seen = key
	t.out.Segments = nil
	for _, l := range lines {
		t.out.Segments = append(t.out.Segments, l.segment())
	}
	t.out.Refresh()
}
