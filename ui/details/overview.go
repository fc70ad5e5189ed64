package details

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/clients/appicon"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// overview says in a few lines what happened: the request, how it ended and
// why and what to do, who asked whom, sizes, and what is known of TLS.
type overview struct {
	status *uiwidget.CutLabel
	method *uiwidget.CutLabel
	url    *widget.Label
	head   *fyne.Container
	facts  *factTable
	secure *factTable
	bad    *failureBox
	advice *adviceBox
	note   *uiwidget.NoticeBox
	said   *noteBox // what a person wrote about it
	page   *fyne.Container
	object fyne.CanvasObject

	remedies Remedies
	icons    *uiwidget.ProgramIcons
}

func newOverview(copyText func(string), r Remedies, icons *uiwidget.ProgramIcons) *overview {
	o := &overview{status: uiwidget.NewCutLabel(style.ColorMuted), method: uiwidget.NewCutLabel(style.ColorMuted), url: widget.NewLabel(""),
		facts: newFactTable(copyText), secure: newFactTable(copyText), bad: newFailureBox(), advice: newAdviceBox(),
		note: uiwidget.NewNoticeBox(), said: newNoteBox(), remedies: r, icons: icons}
	for _, t := range []*uiwidget.CutLabel{o.status, o.method} {
		t.Shown.TextSize, t.Bold, t.Stiff = 15, true, true
	}
	o.url.Wrapping, o.url.Selectable, o.url.TextStyle.Monospace = fyne.TextWrapBreak, true, true
	o.head = container.New(&headLayout{}, container.New(layout.NewCustomPaddedHBoxLayout(10), inset(o.status), o.method), o.url)
	columns := container.New(&twoColumns{}, o.facts, o.secure)
	o.page = container.New(uiwidget.TightColumn{}, uiwidget.NewLowered(o.head), o.said.object, o.bad.object, o.advice.object, o.note.Object,
		uiwidget.NewLowered(columns))
	o.object = container.NewVScroll(o.page)
	return o
}

// inset leaves the space on the left that the tables have.
func inset(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, style.LeftSpace+2, 0), o)
}

// Show puts an exchange into view.
func (o *overview) Show(x *flow.Exchange) {
	r := &x.Row
	o.status.SetColored(words.ShortText(statusLine(x), 60), style.StatusColorName(r))
	o.method.SetColored(words.ShortText(r.Method, 24), style.MethodColorName(r.Method))
	if url := words.ShortText(words.VisibleText(r.URL()), maxURL); o.url.Text != url {
		o.url.SetText(url)
	}
	if o.advice.show(x, o.remedies.advise(x)) {
		o.bad.object.Hide()
	} else {
		o.bad.show(r)
	}
	o.said.show(r.Note)
	o.note.Show(overviewNotes(x))
	o.facts.show(facts(x, o.icons.OfRow(r)))
	secure := secureFacts(x)
	o.secure.show(secure)
	uiwidget.SetShown(o.secure, len(secure) > 0)
	o.head.Refresh() // the page asks how high the URL is in the room that it has now
	o.page.Refresh()
}

// maxURL bounds the URL that the overview shows, in bytes; the Request tab has all of it.
const maxURL = 1000

// statusLine is the status with its reason phrase as sent, or what stands in for it.
func statusLine(x *flow.Exchange) string {
	switch {
	case x.Phase == flow.PhaseFailed && x.Status == 0:
		return words.RuleSign(x.Effects) + "× " + i18n.T("phase.failed")
	case x.Status == 0:
		return "… " + words.PhaseText(&x.Row)
	}
	line := strconv.Itoa(x.Status)
	start, _ := content.Fields(x.ResponseHead)
	if reason := reasonPhrase(start); reason != "" {
		line += " " + reason
	}
	if x.Phase == flow.PhaseFailed && !x.LeftStream() {
		line = "× " + line
	}
	return words.RuleSign(x.Effects) + line
}

// reasonPhrase is what follows the status code in a status-line, mended or not.
func reasonPhrase(start string) string {
	_, rest, _ := strings.Cut(start, " ")
	return strings.TrimSpace(strings.TrimLeft(strings.TrimLeft(rest, " "), "0123456789"))
}

// overviewNotes says what rules did, how the answer broke the rules, where to see one that was not
// passed on, and what is missing of the bodies.
func overviewNotes(x *flow.Exchange) []string {
	var notes []string
	for _, did := range x.Ruled.Did {
		notes = append(notes, words.VisibleText(words.Reason(did)))
	}
	notes = append(notes, words.MendedLines(x.Mended)...)
	if len(x.Unusable) > 0 {
		notes = append(notes, i18n.T("details.unusable", i18n.T("details.raw")))
	}
	for _, side := range []struct {
		title string
		body  *flow.Body
	}{{i18n.T("details.request"), &x.RequestBody}, {i18n.T("details.response"), &x.ResponseBody},
		{i18n.T("details.of_went", i18n.T("details.request")), &x.Ruled.RequestBody},
		{i18n.T("details.of_went", i18n.T("details.response")), &x.Ruled.ResponseBody}} {
		switch side.body.State {
		case flow.BodyCut, flow.BodyEvicted, flow.BodyNotRecorded:
			if x.Kind == flow.KindTunnel || side.body.Size == 0 {
				continue
			}
			for _, n := range document.StateNotices(readable(x, side.body)) {
				notes = append(notes, i18n.T("details.note", side.title, n.Text()))
			}
		}
	}
	return notes
}

// facts are what is known of an exchange; icon is that of the program that asked, nil for none.
func facts(x *flow.Exchange, icon *appicon.Icon) []fact {
	r := &x.Row
	var all []fact
	add := func(key, value string) {
		if value != "" {
			all = append(all, fact{name: i18n.T(key), value: value})
		}
	}
	if r.Kind != flow.KindHTTP { // which goes without saying
		add("details.kind", words.KindText(r))
	}
	add("details.phase", words.PhaseText(r))
	add("details.started", words.ClockText(r.Start, words.Date))
	now := time.Now()
	add("details.took", words.StepText(words.Elapsed(r, now)))
	add("details.timing_tab", timingLine(r, now))
	if r.Kind == flow.KindTunnel {
		add("details.up", words.ExactSize(r.RequestSize))
		add("details.down", words.ExactSize(r.ResponseSize))
	} else {
		add("details.type", r.ContentType)
		add("details.request_size", sizeFact(r.RequestSize, len(x.RequestHead)))
		add("details.response_size", sizeFact(r.ResponseSize, len(x.ResponseHead)))
	}
	add("details.protocol", protocolText(x))
	add("details.priority", priorityText(x.HTTP2.Priority))
	add("details.opening", words.VisibleText(x.HTTP2.Opening))
	add("details.host", hostFact(x))
	add("details.client", addrText(r.Client))
	if text := appText(r); text != "" {
		all = append(all, fact{name: i18n.T("details.app"), value: text, icon: icon})
	}
	if r.From != 0 {
		add("details.from", "#"+strconv.FormatUint(uint64(r.From), 10))
	}
	add("details.upstream", r.Upstream)
	server := addrText(r.Remote)
	if server != "" && r.Timing.Reused {
		server = i18n.T("details.reused", server)
	}
	add("details.server", server)
	if r.Mark != flow.MarkNone {
		add("column.mark", words.MarkText(r.Mark))
	}
	if r.Star {
		add("column.star", i18n.T("mark.starred"))
	}
	add("details.number", "#"+strconv.FormatUint(uint64(r.ID), 10))
	return all
}

// hostFact says what became of a Host field that was not sent on as it was, "" for others.
func hostFact(x *flow.Exchange) string {
	if !x.HostReplaced || !x.Remote.IsValid() {
		return ""
	}
	_, fields := content.Fields(x.RequestHead)
	for _, f := range fields {
		if strings.EqualFold(f.Name, "Host") {
			return i18n.T("details.host_replaced", words.VisibleText(words.ShortText(f.Value, maxURL)), x.Host)
		}
	}
	return i18n.T("details.host_replaced_bare", x.Host) // no contents are kept
}

func sizeFact(body int64, head int) string {
	if head == 0 && body == 0 {
		return ""
	}
	return i18n.T("details.size_and_head", words.ExactSize(body), words.SizeText(int64(head)))
}

// appText is the program that asked, or why there is none; "" where it is not known.
func appText(r *flow.Row) string {
	if r.AppEnded() {
		return i18n.T("details.app_ended")
	}
	if r.App == "" {
		return ""
	}
	if r.AppPID == 0 {
		return i18n.T("details.app_opened", r.App)
	}
	return i18n.T("details.app_known", r.App, strconv.FormatUint(uint64(r.AppPID), 10), r.AppPath)
}

func addrText(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String()
}

// headLayout puts the URL beside the status or, where that leaves it too little, below.
type headLayout struct{ width float32 }

// roomForURL is the width from which the URL stands beside the status.
const roomForURL = 600

func (h *headLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	status, url := objects[0].MinSize(), objects[1].MinSize()
	if h.width >= roomForURL {
		return fyne.NewSize(260, max(status.Height, url.Height))
	}
	return fyne.NewSize(260, status.Height+url.Height)
}

func (h *headLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	h.width = size.Width
	status, url := objects[0], objects[1]
	least := status.MinSize()
	if size.Width >= roomForURL {
		status.Resize(fyne.NewSize(least.Width, size.Height))
		left := least.Width + theme.Padding()
		url.Move(fyne.NewPos(left, 0))
		url.Resize(fyne.NewSize(size.Width-left, size.Height))
		return
	}
	status.Resize(fyne.NewSize(size.Width, least.Height))
	url.Move(fyne.NewPos(0, least.Height))
	url.Resize(fyne.NewSize(size.Width, max(0, size.Height-least.Height)))
}

// twoColumns puts two objects side by side where there is room, else one under the other.
type twoColumns struct{ width float32 }

// roomForTwo is the width from which two columns fit.
const roomForTwo = 720

func (c *twoColumns) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	if !objects[1].Visible() {
		return fyne.NewSize(260, a.Height)
	}
	if c.width >= roomForTwo {
		return fyne.NewSize(260, max(a.Height, b.Height))
	}
	return fyne.NewSize(260, a.Height+b.Height)
}

func (c *twoColumns) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	c.width = size.Width
	left := size.Width
	if objects[1].Visible() && size.Width >= roomForTwo {
		left *= 0.45
	}
	for i, o := range objects { // what is long is broken, so that all of it can be read
		if t, ok := o.(*factTable); ok && i == 0 {
			t.setWrap(true, left)
		} else if ok && left < size.Width {
			t.setWrap(true, size.Width-left)
		} else if ok {
			t.setWrap(true, size.Width)
		}
	}
	a := objects[0]
	if !objects[1].Visible() {
		a.Move(fyne.NewPos(0, 0))
		a.Resize(size)
		return
	}
	if size.Width < roomForTwo {
		a.Resize(fyne.NewSize(size.Width, a.MinSize().Height))
		a.Move(fyne.NewPos(0, 0))
		objects[1].Move(fyne.NewPos(0, a.MinSize().Height))
		objects[1].Resize(fyne.NewSize(size.Width, objects[1].MinSize().Height))
		return
	}
	a.Move(fyne.NewPos(0, 0))
	a.Resize(fyne.NewSize(left, size.Height))
	objects[1].Move(fyne.NewPos(left, 0))
	objects[1].Resize(fyne.NewSize(size.Width-left, size.Height))
}

// failureBox says why an exchange failed and what to do about it.
type failureBox struct {
	what   *widget.Label
	detail *widget.Label
	object *fyne.Container
}

func newFailureBox() *failureBox {
	f := &failureBox{what: widget.NewLabel(""), detail: widget.NewLabel("")}
	f.what.TextStyle.Bold, f.what.Wrapping = true, fyne.TextWrapWord
	f.detail.Wrapping, f.detail.Selectable = fyne.TextWrapWord, true
	icon := widget.NewIcon(theme.NewErrorThemedResource(theme.ErrorIcon()))
	text := container.New(uiwidget.TightColumn{}, f.what, f.detail)
	f.object = container.NewStack(uiwidget.NewShade(style.ColorBad),
		container.NewBorder(nil, nil, container.New(layout.NewCustomPaddedLayout(0, 0, 8, 0), icon), nil, text))
	f.object.Hide()
	return f
}

func (f *failureBox) show(r *flow.Row) {
	bad := r.Failure != flow.FailureNone && !r.LeftStream()
	uiwidget.SetShown(f.object, bad)
	if !bad {
		return
	}
	detail := words.RemedyText(r.Failure)
	if !r.Reason.IsZero() {
		detail += "\n" + words.VisibleText(words.Reason(r.Reason))
	}
	if what := words.FailureText(r.Failure); f.what.Text != what || f.detail.Text != detail {
		f.what.SetText(what)
		f.detail.SetText(detail)
	}
}
