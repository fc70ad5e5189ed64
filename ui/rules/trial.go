package rules

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/rules"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// asked is a request that a person typed, to try the rules with. Without a URL the request that
// is selected in the list is tried.
type asked struct{ Method, URL, App, Device string }

// row is the request as conditions see it, without a response.
func (a *asked) row() (flow.Row, error) {
	text := strings.TrimSpace(a.URL)
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return flow.Row{}, errURL
	}
	r := flow.Row{Kind: flow.KindHTTP, Phase: flow.PhaseRequest, Scheme: strings.ToLower(u.Scheme), Host: u.Host, Path: u.EscapedPath(),
		Method: strings.ToUpper(strings.TrimSpace(a.Method)), Proto: "HTTP/1.1", App: strings.TrimSpace(a.App)}
	if r.Method == "" {
		r.Method = "GET"
	}
	if r.Path == "" {
		r.Path = "/"
	}
	if u.RawQuery != "" || u.ForceQuery {
		r.Path += "?" + u.RawQuery
	}
	if r.Scheme == "https" || r.Scheme == "wss" {
		r.TLS = flow.TLS{Seen: true, Outcome: flow.TLSDecrypted}
	}
	r.Client = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 0)
	if device := strings.TrimSpace(a.Device); device != "" {
		addr, err := netip.ParseAddr(device)
		if err != nil {
			return flow.Row{}, errDevice
		}
		r.Client = netip.AddrPortFrom(addr, 0)
	}
	return r, nil
}

// mistake is what cannot be understood of what was typed: a key of the catalogue.
type mistake string

func (m mistake) Error() string { return i18n.T(string(m)) }

const (
	errURL    = mistake("rules.test.url.wrong")
	errDevice = mistake("rules.test.device.wrong")
)

// trial is where a person sees what the rules would do to a request, and why not.
type trial struct {
	room   *Room
	object *fyne.Container
	method *widget.SelectEntry
	url    *uiwidget.KeyEntry
	app    *uiwidget.KeyEntry
	device *uiwidget.KeyEntry
	wrong  *widget.Label
	out    *widget.RichText

	shown  int    // the trial that is shown
	run    int    // counts trials: the answer to an older one is not shown
	seen   string // what is shown, so that it is drawn again only where it is another
	result *rules.Trial
}

func newTrial(r *Room) *trial {
	t := &trial{room: r, wrong: label(widget.DangerImportance), out: widget.NewRichText()}
	a := &r.State.asked
	t.method = widget.NewSelectEntry([]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
	t.method.SetPlaceHolder("GET")
	t.method.Text = a.Method
	t.method.OnChanged = func(text string) { t.typed(&a.Method, text) }
	entry := func(value *string, placeholder string) *uiwidget.KeyEntry {
		e := uiwidget.NewKeyEntry()
		e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
		e.Text = *value
		e.SetPlaceHolder(placeholder)
		e.Window, e.Escape = r.shortcut, func() { r.dialog.Hide() }
		e.OnChanged = func(text string) { t.typed(value, text) }
		return e
	}
	t.url = entry(&a.URL, i18n.T("rules.test.url"))
	t.app = entry(&a.App, i18n.T("rules.test.app"))
	t.device = entry(&a.Device, i18n.T("rules.test.device"))
	t.out.Wrapping = fyne.TextWrapBreak
	take := widget.NewButton(i18n.T("rules.test.take"), t.take)
	above := container.NewVBox(container.NewBorder(nil, nil, container.NewGridWrap(fyne.NewSize(110, t.url.MinSize().Height), t.method),
		nil, t.url), container.NewBorder(nil, nil, nil, take, container.NewGridWithColumns(2, t.app, t.device)), t.wrong)
	t.object = container.NewBorder(above, nil, nil, nil, container.NewVScroll(t.out))
	return t
}

// typed tries what is typed now.
func (t *trial) typed(value *string, text string) {
	*value = text
	t.again()
	t.room.list.Refresh()
}

// take fills in the request that is selected in the list.
func (t *trial) take() {
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
// there when it returns; what would come out may need the disk, and follows.
func (t *trial) again() {
	r := t.room
	t.run++
	row, typed, err := t.request()
	r.tell(t.wrong, err)
	ok := err == nil && row.Method != "" && r.set != nil
	t.result = nil
	if ok {
		t.result = &rules.Trial{Verdicts: r.set.Explain(&row)}
		shown := row
		if !typed {
			shown = r.Mask(&row)
		}
		word := "rules.tried"
		switch {
		case typed:
			word = "rules.tried.typed"
		case row.Kind == flow.KindTunnel:
			word = "rules.tried.tunnel"
		}
		r.tried.SetText(i18n.T(word, visible.Text(shown.Method+" "+words.ShortText(shown.URL(), 120))))
	}
	r.reveal(r.tried, ok && len(r.set.Rules) > 0)
	if !ok {
		t.show(nil)
		return
	}
	run, set, id := t.run, r.set, row.ID
	r.Work(func() func() {
		var request, response []rules.Field
		if typed {
			request = []rules.Field{{Name: "Host", Value: row.Host}}
		} else if x, there := r.Exchange(id); there {
			request, response = fieldsOf(x.RequestHead), fieldsOf(x.ResponseHead)
		}
		result := set.Try(&row, request, response)
		return func() {
			if run == t.run {
				t.result, t.shown = result, run
				t.show(&row)
				r.list.Refresh()
			}
		}
	})
}

// request is what is tried; a row without a method is none.
func (t *trial) request() (row flow.Row, typed bool, err error) {
	a := &t.room.State.asked
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

// Bounds of what is shown of a trial: it is a text for people.
const (
	maxShownLines = 200
	maxShownValue = 300  // bytes
	maxShownBody  = 1000 // bytes
)

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

// outLine is a line of what would come out.
type outLine struct {
	text string
	how  rules.Kept // 0: it is no field
	bold bool
}

func (l outLine) segment() widget.RichTextSegment {
	s := &widget.TextSegment{Text: l.text, Style: widget.RichTextStyle{ColorName: theme.ColorNameForeground,
		SizeName:  theme.SizeNameCaptionText,
		TextStyle: fyne.TextStyle{Bold: l.bold, Monospace: l.how != 0}}}
	switch l.how {
	case rules.KeptNew:
		s.Style.ColorName = theme.ColorNameSuccess
	case rules.KeptNot:
		s.Style.ColorName = theme.ColorNameError
	}
	return s
}

func (t *trial) lines(row *flow.Row) (lines []outLine) {
	say := func(bold bool, word string, args ...any) {
		lines = append(lines, outLine{text: i18n.T(word, args...), bold: bold})
	}
	if row == nil {
		say(false, "rules.test.none")
		return lines
	}
	r := t.result
	say(true, "rules.test.does")
	for _, why := range r.Did {
		lines = append(lines, outLine{text: "• " + visible.Text(words.Reason(why))})
	}
	switch {
	case len(r.Did) == 0 && r.Open:
		say(false, "rules.test.open")
	case len(r.Did) == 0:
		say(false, "rules.test.nothing")
	}
	if row.Kind == flow.KindTunnel {
		say(false, "rules.test.tunnel")
		return lines
	}
	say(true, "rules.test.request")
	lines = append(lines, targetLines(row, r)...)
	lines = append(lines, fieldLines(r.Request)...)
	if r.Blocked != nil && r.Status == 0 {
		return lines
	}
	switch {
	case r.Status == 0:
		say(true, "rules.test.response")
	case r.Status != row.Status && row.Status != 0:
		say(true, "rules.test.status.changed", row.Status, r.Status)
	default:
		say(true, "rules.test.status", r.Status)
	}
	lines = append(lines, fieldLines(r.Response)...)
	if len(r.Body) > 0 && utf8.Valid(r.Body) {
		lines = append(lines, outLine{text: visible.Text(cut(string(r.Body), maxShownBody)), how: rules.KeptNew})
	} else if len(r.Body) > 0 {
		say(false, "rules.test.body", words.SizeText(int64(len(r.Body))))
	}
	return lines
}

// targetLines are the path of the request where rules change it.
func targetLines(row *flow.Row, r *rules.Trial) []outLine {
	if r.Target[0] == r.Target[1] {
		return nil
	}
	line := func(how rules.Kept, path string) outLine {
		return outLine{text: string(how) + " " + visible.Text(cut(row.Method+" "+path, maxShownValue)), how: how}
	}
	return []outLine{line(rules.KeptNot, r.Target[0]), line(rules.KeptNew, r.Target[1])}
}

// fieldLines are fields with what becomes of them.
func fieldLines(fields []rules.Line) (lines []outLine) {
	for i, f := range fields {
		if i == maxShownLines {
			return append(lines, outLine{text: i18n.T("rules.test.rest", words.CountText(len(fields)-i))})
		}
		sign := string(f.How)
		if f.How == rules.KeptSame {
			sign = "\u00a0" // the toolkit leaves a space out at the beginning of a line
		}
		lines = append(lines, outLine{text: sign + " " + visible.Text(cut(f.Name+": "+f.Value, maxShownValue)), how: f.How})
	}
	return lines
}

// cut is the beginning of a text, at most max bytes of it.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	return text[:words.RuneStart(text, max)] + "…"
}
