package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/archive"
	"posthouse/proxy/archive/har"
	"posthouse/proxy/flow"
	"posthouse/proxy/redact"
	"posthouse/ui/share"
	"posthouse/ui/uitest"
	uiwidget "posthouse/ui/widget"
)

// overlay is the dialog that lies uppermost.
func (w *testWindow) overlay() fyne.CanvasObject {
	p := uiwidget.PopUpIn(w.win.Canvas().Overlays().Top())
	if p == nil {
		w.t.Fatal("there is no dialog")
	}
	return p.Content
}

// ask opens the sheet for all that can go out, and waits until it has looked through it.
func (w *testWindow) ask(chosen func(share.Choice, *redact.Masker)) *share.Sheet {
	choices, first := exports{w.Window}.choices()
	s := share.Ask(w.shareDeps(), share.What{Title: "Export as HAR", Choices: choices, First: first}, chosen)
	w.lookedThrough(s)
	return s
}

func (w *testWindow) lookedThrough(s *share.Sheet) {
	w.until("it is looked through", func() bool { return !s.Save.Disabled() })
}

// The sheet counts what is masked, by kind, and hands on what has met all secrets; raw is a tick
// away, with a warning.
func TestTheSheetSaysWhatGoesOut(t *testing.T) {
	w := openWindow(t, windowOptions{})
	secretRow(w.controller.Store())
	w.until("the row is there", func() bool { return w.model.Len() == 1 })
	var got *redact.Masker
	called := 0
	chosen := func(_ share.Choice, m *redact.Masker) { got = m; called++ }

	s := w.ask(chosen)
	words := uitest.Words(w.overlay())
	for _, want := range []string{"1 request, at least ", "3 different secrets are masked, in 1 of the requests:", "• Cookies: 2",
		"• In URLs: 1",
		"• In bodies: 1", "look through the file before you hand it on"} {
		if !strings.Contains(words, want) {
			t.Errorf("it does not say %q: %s", want, words)
		}
	}
	test.Tap(s.Save)
	if called != 1 || got == nil || got.Secrets() != 3 || w.covered() {
		t.Errorf("called %d times with %v", called, got)
	}

	s = w.ask(chosen)
	s.Raw.SetChecked(true)
	if words := uitest.Words(w.overlay()); !strings.Contains(words, "can log in with") || strings.Contains(words, "secrets are masked") {
		t.Errorf("raw, it says %s", words)
	}
	test.Tap(s.Save)
	if called != 2 || got != nil {
		t.Errorf("raw, it was called %d times with %v", called, got)
	}

	w.ask(chosen)
	w.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if called != 2 || w.covered() {
		t.Error("Escape does not leave it")
	}
}

// Enter goes on and Escape leaves, wherever the focus is; the sheet is as high as what it says.
func TestTheSheetIsDoneByKeys(t *testing.T) {
	w := openWindow(t, windowOptions{})
	w.win.Resize(fyne.NewSize(900, 700))
	secretRow(w.controller.Store())
	w.until("the row is there", func() bool { return w.model.Len() == 1 })
	called := 0
	chosen := func(share.Choice, *redact.Masker) { called++ }
	focused := func() fyne.Focusable { return w.win.Canvas().Focused() }
	s := w.ask(chosen)
	if focused() != fyne.Focusable(s.Save) {
		t.Errorf("%T has the focus", focused())
	}
	focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if called != 1 || w.covered() {
		t.Errorf("Enter called %d times", called)
	}
	s = w.ask(chosen)
	masked := w.overlay().Size().Height
	if content := w.overlay().MinSize().Height; masked > content+1 {
		t.Errorf("it is %v high, and its content %v", masked, content)
	}
	s.Raw.SetChecked(true)
	if raw := w.overlay().Size().Height; raw >= masked || raw > w.overlay().MinSize().Height+1 {
		t.Errorf("raw, it is %v high, masked %v", raw, masked)
	}
	s.Save.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	for _, key := range []fyne.KeyName{fyne.KeyEscape, fyne.KeyEnter} {
		for part := range 3 {
			s, before := w.ask(chosen), called
			one := []fyne.Focusable{s.Raw, s.Keep, s.Save}[part]
			w.win.Canvas().Focus(one)
			one.TypedKey(&fyne.KeyEvent{Name: key})
			if w.covered() || (called > before) != (key == fyne.KeyEnter) {
				t.Errorf("%s in %T: called %d times", key, one, called-before)
			}
		}
	}
}

// What is exported holds no secret, says that it was masked, and is read again; raw it is as it passed.
func TestExportedHAR(t *testing.T) {
	w := openWindow(t, windowOptions{})
	secretRow(w.controller.Store())
	fillStore(w.controller.Store())
	w.until("the rows are there", func() bool { return w.model.Len() == 10 })
	path := filepath.Join(t.TempDir(), "out.har")
	var all share.Choice
	w.ask(func(c share.Choice, m *redact.Masker) {
		all = c
		exports{w.Window}.write(path, archive.HAR, c, m, func() {})
	}).Save.OnTapped()
	w.until("it is written", func() bool { return !w.covered() })
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if left := leaks(string(file)); len(left) > 0 || !json.Valid(file) {
		t.Errorf("it has %v: %s", left, file)
	}
	for _, want := range []string{`"comment":"Secrets were masked`, "/x?token=", "‹secret"} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("it does not have %q", want)
		}
	}
	r, err := har.NewReader(bytes.NewReader(file), int64(len(file)), archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := r.Next()
	if err != nil || string(first.RequestBody.Bytes) != `{"password":"‹secret 3›"}` || first.Path != "/x?token=‹secret+1›" {
		t.Errorf("it comes back as %q, %q: %v", first.RequestBody.Bytes, first.Path, err)
	}

	exports{w.Window}.write(path, archive.HAR, all, nil, func() {})
	w.until("it is written raw", func() bool { return !w.covered() })
	if file, _ = os.ReadFile(path); len(leaks(string(file))) != 3 {
		t.Errorf("raw it has only %v", leaks(string(file)))
	}
}

// A file that is cancelled or fails leaves what was there, and nothing where there was nothing.
func TestACancelledExportLeavesNothing(t *testing.T) {
	w := openWindow(t, windowOptions{})
	folder := t.TempDir()
	fresh, old := filepath.Join(folder, "fresh.har"), filepath.Join(folder, "old.har")
	if err := os.WriteFile(old, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fresh, old} {
		under := make(chan struct{})
		slow := share.Choice{Count: 1, Each: func(ctx context.Context) iter.Seq[*flow.Exchange] {
			return func(func(*flow.Exchange) bool) {
				close(under)
				<-ctx.Done()
			}
		}}
		exports{w.Window}.write(path, archive.HAR, slow, nil, func() {})
		<-under
		uitest.Press(t, w.overlay(), "Cancel")
		w.until("it has ended", func() bool { return !w.covered() })
	}
	if text, err := os.ReadFile(old); string(text) != "as it was" {
		t.Errorf("%q, %v", text, err)
	}
	entries, _ := os.ReadDir(folder)
	if len(entries) != 1 {
		t.Errorf("%v is left", entries)
	}
}
