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
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// Each way to copy a command gives the same one, and says the same of it.
func TestEachWayToCopyACommandIsTheSame(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		w := openWindow(t, windowOptions{lang: lang})
		curl := details.CopyAsItems(flow.KindHTTP, nil)[0].Label
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
			want := i18n.T("copied.differs") + "\n• " + i18n.T("copied.body_incomplete") + "\n• " + i18n.T("copied.proxy_credentials")
			if got := labels(uiwidget.PopUpIn(w.win.Canvas().Overlays().Top()).Content); !slices.Contains(got, want) {
				t.Errorf("%s says %q", way, got)
			}
			if got := w.app.Clipboard().Content(); got != export.Of(&x, export.Forms(runtime.GOOS)[0]).Text || got == "" {
				t.Errorf("%s copies %q", way, got)
			}
			w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
			if w.covered() {
				t.Errorf("%s: Escape does not close what it says", way)
			}
		}
	}
}

// Of several selected rows each is copied, in the list's order of time; a row beside
// them by itself.
func TestSeveralRowsAreCopiedOneBehindTheOther(t *testing.T) {
	w := openWindow(t, windowOptions{})
	for _, path := range []string{"/1", "/2", "/3"} {
		head := "GET http://a.test" + path + " HTTP/1.1\r\nHost: a.test\r\n\r\n"
		at := func(word string) capture.Span {
			return capture.Span{Off: uint32(strings.Index(head, word)), Len: uint32(len(word))}
		}
		w.controller.Store().Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte(head), Scheme: "http",
			Method: at("GET"), Host: at("a.test"), Path: at(path), Proto: at("HTTP/1.1")}).Finish(0, flow.Reason{}, 0, time.Now())
	}
	w.until("the rows are there", func() bool { return w.list.Length == 3 })
	w.list.SelectID(2)
	w.list.SelectAll()
	copied := func(way string, do func()) string {
		w.app.Clipboard().SetContent("")
		do()
		w.until(way+" copies", func() bool { return w.app.Clipboard().Content() != "" })
		return w.app.Clipboard().Content()
	}
	all := copied("Ctrl+C", func() { w.list.Rows.TypedShortcut(&fyne.ShortcutCopy{}) })
	if strings.Count(all, "curl") != 3 ||
		strings.Index(all, "/1") > strings.Index(all, "/2") || strings.Index(all, "/2") > strings.Index(all, "/3") {
		t.Errorf("%q", all)
	}
	row, _ := w.controller.Store().Row(1)
	menu := uitest.Item(t, w.rows.menu(1, &row), i18n.T("menu.copy")).ChildMenu
	har := copied("the menu", uitest.Item(t, menu, "HAR").Action)
	if strings.Count(har, `"startedDateTime"`) != 3 || !strings.HasPrefix(har, "{\n  \"log\"") {
		t.Errorf("%.300q", har)
	}
	w.list.SelectID(2)
	menu = uitest.Item(t, w.rows.menu(1, &row), i18n.T("menu.copy")).ChildMenu
	if one := copied("the other button beside them", uitest.Item(t, menu, "wget").Action); strings.Count(one, "wget ") != 1 {
		t.Errorf("%q", one)
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
	filedialog.HandEscapeOn(w.win.Canvas(), container.NewStack(scroll), func() {})
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

// What left memory between the menu and the choice is said to be gone.
func TestCopyingWhatIsGone(t *testing.T) {
	w := openWindow(t, windowOptions{})
	for way, do := range map[string]func(){
		"as a command": func() { w.rows.copyRows([]flow.ID{7}, export.CurlSh) },
		"as a HAR":     func() { w.rows.copyRows([]flow.ID{7, 8}, export.HAR) },
		"its URL":      func() { w.rows.copyText(7, func(x *flow.Exchange) string { return x.URL() }) },
	} {
		do()
		w.until(way+" it is said", w.covered)
		if got := labels(uiwidget.PopUpIn(w.win.Canvas().Overlays().Top()).Content); !slices.Contains(got, i18n.T("copied.gone")) {
			t.Errorf("%s: %q", way, got)
		}
		w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	}
}
