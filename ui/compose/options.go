package compose

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/compose"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
)

// optionsLine says how the request is sent.
type optionsLine struct {
	room    *Room
	proto   *widget.Select
	ticks   [5]*widget.Check
	seconds *uiwidget.KeyEntry
	wait    *widget.Label
	more    *widget.Button
	object  *fyne.Container
	filled  bool // it is being shown: what changes is no person's doing
}

// tickWords are the keys of the ticks' words, in the order of tick.
var tickWords = [5]string{"compose.rules", "compose.upstream", "compose.follow", "compose.length", "compose.owntls"}

// tick is what a tick says of a draft.
func tick(d *compose.Draft, i int) *bool {
	return [...]*bool{&d.Rules, &d.Upstream, &d.Follow, &d.FixLength, &d.OwnTLS}[i]
}

func newOptionsLine(r *Room) *optionsLine {
	o := &optionsLine{room: r, seconds: uiwidget.NewKeyEntry(), wait: widget.NewLabel("")}
	o.proto = widget.NewSelect(nil, nil)
	row := []fyne.CanvasObject{o.proto}
	for i := range o.ticks {
		o.ticks[i] = widget.NewCheck("", func(on bool) {
			if !o.filled {
				*tick(r.now.draft, i) = on
				o.changed()
			}
		})
		row = append(row, o.ticks[i])
	}
	o.seconds.MinWidth = 52
	o.seconds.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	o.seconds.Window, o.seconds.Escape = r.typedHere, r.leave
	o.seconds.OnChanged = o.secondsTyped
	o.seconds.OnSubmitted = func(string) { r.Sockets.submit() }
	o.more = widget.NewButtonWithIcon("", theme.MoreVerticalIcon(), o.openMenu)
	o.more.Importance = widget.LowImportance
	row = append(row, container.New(layout.NewCustomPaddedHBoxLayout(4), o.wait, o.seconds), o.more) // which stay together
	o.object = container.New(layout.NewRowWrapLayoutWithCustomPadding(4, 0), row...)
	return o
}

func (o *optionsLine) changed() {
	o.room.editor.tell()
	o.room.edited()
}

// show shows what the draft says.
func (o *optionsLine) show() {
	d := o.room.now.draft
	o.filled = true
	defer func() { o.filled = false }()
	o.proto.SetSelectedIndex(int(d.Proto))
	for i, t := range o.ticks {
		t.SetChecked(*tick(d, i))
	}
	if own := o.ticks[len(o.ticks)-1]; own.Visible() != d.Mirrors() { // without a program's TLS there is no choice
		uiwidget.SetShown(own, d.Mirrors())
		o.object.Refresh()
	}
	if text := strconv.FormatFloat(d.Timeout.Seconds(), 'f', -1, 64); parsedSeconds(o.seconds.Text) != d.Timeout || o.seconds.Text == "" {
		o.seconds.SetText(text)
	}
}

// parsedSeconds is a time as a person writes it, -1 for none.
func parsedSeconds(text string) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(n >= 0) || n > compose.MaxTimeout.Seconds() {
		return -1
	}
	return time.Duration(n * float64(time.Second))
}

func (o *optionsLine) secondsTyped(text string) {
	if o.filled {
		return
	}
	wait := parsedSeconds(text)
	if wait < 0 {
		o.room.tell(i18n.T("compose.seconds.wrong", int(compose.MaxTimeout.Seconds())))
		return
	}
	o.room.tell()
	o.room.now.draft.Timeout = wait
	o.room.edited()
}

func (o *optionsLine) retranslate() {
	o.filled = true
	o.proto.OnChanged = nil
	o.proto.SetOptions([]string{i18n.T("compose.proto.original"), "HTTP/1.1", "HTTP/2"})
	o.proto.SetSelectedIndex(int(o.room.now.draft.Proto))
	o.proto.OnChanged = func(string) {
		if !o.filled {
			o.room.now.draft.Proto = compose.Proto(max(0, o.proto.SelectedIndex()))
			o.changed()
		}
	}
	for i, t := range o.ticks {
		t.SetText(i18n.T(tickWords[i]))
	}
	o.wait.SetText(i18n.T("compose.seconds"))
	o.filled = false
	o.object.Refresh()
}

func (o *optionsLine) openMenu() {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o.more)
	widget.ShowPopUpMenuAtPosition(o.room.menu(), o.room.deps.Window.Canvas(), at.AddXY(0, o.more.Size().Height))
}

// menu is what else can be done with the tab in sight.
func (r *Room) menu() *fyne.Menu {
	item := func(key string, do func(), can bool) *fyne.MenuItem {
		m := fyne.NewMenuItem(i18n.T(key), do)
		m.Disabled = !can
		return m
	}
	menu := fyne.NewMenu("", item("compose.rename", r.rename, true), item("compose.duplicate", r.duplicate, true),
		item("compose.reopen", r.Reopen, len(r.closed) > 0), fyne.NewMenuItemSeparator(), item("compose.repeat", r.Repeat, r.now.ready()),
		item("command.compose.group", r.deps.Group, len(r.Drafts()) > 0), fyne.NewMenuItemSeparator())
	if !r.now.ready() {
		menu.Items = append(menu.Items, item("menu.copy", nil, false))
		return menu
	}
	x := r.now.draft.Exchange()
	menu.Items = append(menu.Items, details.CopyAsItems(flow.KindHTTP, func(f export.Form) {
		r.deps.CopyAs(iter.Seq[*flow.Exchange](func(yield func(*flow.Exchange) bool) { yield(x) }), f, func() {})
	})...)
	return menu
}

// ready reports whether there is a place to send to.
func (t *tab) ready() bool { return t.draft.Host != "" && t.draft.Typed == "" }

func (r *Room) duplicate() {
	d := r.now.draft.Clone()
	r.Add(d)
}

// rename asks for a name of the tab.
func (r *Room) rename() {
	t := r.now
	name := uiwidget.NewKeyEntry()
	name.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	name.SetText(t.draft.Name)
	name.Validator = nil
	d := dialog.NewForm(i18n.T("compose.rename"), i18n.T("compose.rename.do"), i18n.T("compose.cancel"),
		[]*widget.FormItem{widget.NewFormItem(i18n.T("compose.rename.name"), name)}, func(ok bool) {
			if ok {
				t.draft.Name = strings.TrimSpace(strings.ToValidUTF8(name.Text[:min(len(name.Text), 400)], ""))
				r.drawTabs()
				r.touch()
			}
		}, r.deps.Window)
	d.Resize(fyne.NewSize(420, d.MinSize().Height))
	r.deps.Open(d)
	r.deps.Window.Canvas().Focus(name)
}
