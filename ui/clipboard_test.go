package ui

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/capture"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// Each way to copy a command gives the same one, and says the same of it.
func TestEachWayToCopyACommandIsTheSame(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		w := openWindow(t, windowOptions{lang: lang})
		curl := details.CurlItems(flow.KindHTTP, nil)[0].Label
		const head = "POST http://a.test/x HTTP/1.1\r\nHost: a.test\r\nProxy-Authorization: Basic eA==\r\nContent-Length: 9\r\n\r\n"
		at := func(word string) capture.Span {
			return capture.Span{Off: uint32(strings.Index(head, word)), Len: uint32(len(word))}
		}
		r := w.controller.Store().Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte(head), Scheme: "http",
			Method: at("POST"), Host: at("a.test"), Path: at("/x"), Proto: at("HTTP/1.1")})
		r.RequestBody([]byte("too"))
		defer r.Finish(flow.FailureShutdown, flow.Reason{}, 0, time.Now())
		w.until("the row is there", func() bool { return w.model.Len() == 1 })
		w.list.SelectID(1)
		w.until("it is open", func() bool { return w.details.Exchange != nil })
		x, _ := w.controller.Exchanges().Get(1)
		for way, do := range map[string]func(){
			"Ctrl+C": func() { w.list.Rows.TypedShortcut(&fyne.ShortcutCopy{}) },
			"row": func() {
				uitest.Item(t, w.rows.rowItems(1, &x.Row), curl).Action()
			},
			"details": func() {
				uitest.Item(t, w.details.CopyItems(&x), curl).Action()
			},
		} {
			w.app.Clipboard().SetContent("")
			do()
			w.until(way+" says what is left out", w.covered)
			want := i18n.T("curl.differs") + "\n• " + i18n.T("curl.body_incomplete") + "\n• " + i18n.T("curl.proxy_credentials")
			if got := labels(uiwidget.PopUpIn(w.win.Canvas().Overlays().Top()).Content); !slices.Contains(got, want) {
				t.Errorf("%s says %q", way, got)
			}
			if got := w.app.Clipboard().Content(); got != export.Curl(&x, export.Shells(runtime.GOOS)[0]).Text || got == "" {
				t.Errorf("%s copies %q", way, got)
			}
			w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
			if w.covered() {
				t.Errorf("%s: Escape does not close what it says", way)
			}
		}
	}
}

// labels are the texts of all labels in an object.
func labels(o fyne.CanvasObject) []string {
	var all []string
	for _, one := range test.LaidOutObjects(o) {
		if l, ok := one.(*widget.Label); ok {
			all = append(all, l.Text)
		}
	}
	return all
}

// Escape leaves the dialog for a file's name, which has the focus, and what the
// toolkit asks over it; what is typed and what is chosen in the list is the name.
func TestEscapeLeavesTheFileDialog(t *testing.T) {
	w := openWindow(t, windowOptions{})
	name := func() *uiwidget.KeyEntry {
		e, ok := w.win.Canvas().Focused().(*uiwidget.KeyEntry)
		if !ok {
			t.Fatalf("the focus is on a %T", w.win.Canvas().Focused())
		}
		return e
	}
	for _, ask := range []func(){w.setups.saveCertificate, func() {
		x := uitest.SampleExchange(1, "text/plain", "hello")
		w.details.AskSave(details.MessageOf(&x, true), true)
	}} {
		ask()
		if name().Text == "" {
			t.Error("no name is suggested")
		}
		name().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if w.covered() {
			t.Fatal("Escape does not close it")
		}
	}
	w.setups.saveCertificate()
	var hidden *widget.Entry // the toolkit's own
	entry := widget.NewEntry()
	entry.SetText("a.pem")
	entry.OnChanged = func(text string) { hidden = entry }
	scroll := container.NewHScroll(entry)
	uiwidget.HandEscapeOn(w.win.Canvas(), container.NewStack(scroll), func() {})
	own := scroll.Content.(*uiwidget.KeyEntry)
	own.SetText("b.pem")
	if entry.Text != "b.pem" || hidden == nil {
		t.Errorf("what is typed is %q for the dialog", entry.Text)
	}
	if entry.SetText("c.pem"); own.Text != "c.pem" {
		t.Errorf("what is chosen is shown as %q", own.Text)
	}
	below := w.win.Canvas().Overlays().Top()
	over := widget.NewModalPopUp(widget.NewLabel("Overwrite?"), w.win.Canvas())
	over.Show()
	w.leaveDialog()
	if w.win.Canvas().Overlays().Top() != below {
		t.Error("Escape does not close a question of the toolkit")
	}
	w.leaveDialog()
	if w.covered() {
		t.Error("Escape does not close the dialog below it")
	}
}

// What a terminal would act on is copied as what it is seen as.
func TestTheWindowCopiesWhatCanBePasted(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.copy("x\x1b")
	if got := w.app.Clipboard().Content(); got != "x‹ESC›" {
		t.Errorf("the window copies %q", got)
	}
}
