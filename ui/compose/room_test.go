package compose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/app/compose"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/proxy/reason"
	"posthouse/ui/uitest"
)

func TestSendShowsWhatCame(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("http://api.example.test/v1/users?page=2")
	r.typedHere(sendKey())
	r.until("it is sent", func() bool { return len(r.now.sends) == 1 && !r.Sending() })
	m := r.sent[0]
	if m.Host != "api.example.test" || !strings.HasPrefix(string(m.Head), "GET /v1/users?page=2 HTTP/1.1\r\nHost: api.example.test\r\n") ||
		!m.Rules || m.Direct || !m.FixLength || m.Follow != 0 || m.Timeout != compose.DefaultTimeout {
		t.Errorf("%+v\n%s", m, m.Head)
	}
	r.settled()
	if !strings.HasPrefix(r.response.title.Text, "200") {
		t.Errorf("it says %q", r.response.title.Text)
	}
	// With a program's TLS there is a choice, without one there is none.
	own := r.options.ticks[4]
	if own.Visible() {
		t.Error("there is no TLS of a program, and a choice")
	}
	r.now.draft.JA4 = flow.ParseJA4(programJA4)
	if r.show(); !own.Visible() || own.Checked {
		t.Error("the TLS of the program cannot be left")
	}
	if own.SetChecked(true); !r.now.draft.OwnTLS {
		t.Error("the choice is not taken")
	}
	// Each sending has its place, and two are compared.
	r.ticks(map[int]bool{0: false, 1: false, 2: true, 3: false})
	r.sends()
	if m := r.sent[1]; m.Rules || !m.Direct || m.FixLength || m.Follow == 0 {
		t.Errorf("%+v", m)
	}
	r.Typed(&desktop.CustomShortcut{KeyName: fyne.KeyJ, Modifier: fyne.KeyModifierShortcutDefault})
	if len(r.compare) != 1 || r.compare[0] != [2]flow.ID{1, 2} {
		t.Errorf("compared: %v", r.compare)
	}
	r.Typed(&desktop.CustomShortcut{KeyName: fyne.KeyLeft, Modifier: fyne.KeyModifierAlt})
	if r.now.at != 0 || !strings.HasPrefix(r.response.title.Text, "1/2") || r.Comparable() {
		t.Errorf("it is at %d: %q", r.now.at, r.response.title.Text)
	}
	for range maxSends + 5 {
		r.now.add(&sent{})
	}
	if len(r.now.sends) != maxSends {
		t.Errorf("%d sendings are kept", len(r.now.sends))
	}
}

func (r *testRoom) ticks(on map[int]bool) {
	for i, is := range on {
		r.options.ticks[i].SetChecked(is)
	}
}

func TestWhatCannotBeSentIsSaid(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.Send()
	if len(r.sent) != 0 || !strings.Contains(r.notice.Label.Text, "where the request goes") {
		t.Errorf("it says %q", r.notice.Label.Text)
	}
	r.write("http://a b/")
	if r.Ready() || r.now.draft.Typed != "http://a b/" {
		t.Error("what is no URL can be sent to")
	}
	r.write("http://a.test/")
	r.answer = func(*outgoing.Message) (*flow.Exchange, error) { return nil, reason.New(reason.SendMany, "8") }
	r.sends()
	if !strings.Contains(r.response.hint.Text, "under way already") {
		t.Errorf("it says %q", r.response.hint.Text)
	}
	r.options.seconds.SetText("x")
	if r.now.draft.Timeout != compose.DefaultTimeout || !strings.Contains(r.notice.Label.Text, "seconds") {
		t.Errorf("%v, %q", r.now.draft.Timeout, r.notice.Label.Text)
	}
	if r.options.seconds.SetText("0.5"); r.now.draft.Timeout != 500*time.Millisecond {
		t.Errorf("%v", r.now.draft.Timeout)
	}
}

func TestCancel(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("http://a.test/")
	r.answer = func(*outgoing.Message) (*flow.Exchange, error) { return nil, nil }
	r.Send()
	r.until("it is under way", func() bool { return r.Sending() && r.line.send.Text == "Cancel" })
	r.Send()
	r.until("it was cancelled", func() bool { return !r.Sending() })
	if r.line.send.Text != "Send" || !strings.Contains(r.response.hint.Text, "not recorded") {
		t.Errorf("%q, %q", r.line.send.Text, r.response.hint.Text)
	}
}

func TestPasteIsRecognisedAndUndone(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("http://before.test/")
	r.pasteURL(curl)
	d := r.now.draft
	if d.URL() != "https://api.example.test/v1/users?page=2" || d.Head.Method() != "POST" || string(d.Body.Bytes) != `{"name":"Ada"}` ||
		r.line.url.Text != d.URL() || !strings.Contains(r.notice.Label.Text, "me.pem") {
		t.Errorf("%q, %q, says %q", d.Head.Raw(), r.line.url.Text, r.notice.Label.Text)
	}
	r.line.url.TypedShortcut(&fyne.ShortcutUndo{})
	if r.now.draft.URL() != "http://before.test/" || r.line.url.Text != "http://before.test/" || r.notice.Label.Text != "" {
		t.Errorf("undone it is %q, %q", r.now.draft.URL(), r.line.url.Text)
	}
	for _, text := range []string{"curl 'http://a", "a\nb", strings.Repeat("x", 2<<20)} {
		r.pasteURL(text)
		if r.line.url.Text != "http://before.test/" || r.notice.Label.Text == "" {
			t.Errorf("%.10q: %q, says %q", text, r.line.url.Text, r.notice.Label.Text)
		}
	}
	r.pasteURL("POST /x HTTP/1.1\nHost: h.test\n\nbody")
	if r.line.url.Text != "https://h.test/x" || string(r.now.draft.Body.Bytes) != "body" {
		t.Errorf("%q", r.line.url.Text)
	}
}

// What a cell does not take stays out, and is said.
func TestACellRefuses(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("http://a.test/")
	table := r.editor.fields
	c := table.shown[1].cells[1] // the value of User-Agent
	before := c.Text
	for _, text := range []string{"a\r\nX: y", "a\x1bb", "a\u202eb"} {
		c.SetText(text)
		if c.Text != before || r.editor.said.Label.Text == "" {
			t.Errorf("%q: it is %q, says %q", text, c.Text, r.editor.said.Label.Text)
		}
	}
	fyne.CurrentApp().Clipboard().SetContent("a\nb")
	c.TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
	if c.Text != before || !strings.Contains(r.editor.said.Label.Text, "line end") {
		t.Errorf("it is %q, says %q", c.Text, r.editor.said.Label.Text)
	}
	if c.SetText("mine"); r.now.draft.Head.Value("User-Agent") != "mine" || r.editor.said.Label.Text != "" {
		t.Errorf("%q, says %q", r.now.draft.Head.Raw(), r.editor.said.Label.Text)
	}
}

func TestTheTableIsDrivenByKeys(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("http://a.test/")
	table, c := r.editor.fields, r.win.Canvas()
	table.held = func() fyne.KeyModifier { return 0 }
	table.focus(0, 0)
	press := func(keys ...fyne.KeyName) {
		for _, k := range keys {
			c.Focused().TypedKey(&fyne.KeyEvent{Name: k})
		}
	}
	press(fyne.KeyTab, fyne.KeyTab, fyne.KeyDown, fyne.KeyDown)
	at := c.Focused().(*cell)
	if at.row.i != 3 || at.column != 0 {
		t.Fatalf("it is at %d, %d", at.row.i, at.column)
	}
	for _, ch := range "X-New" {
		c.Focused().TypedRune(ch)
	}
	press(fyne.KeyTab)
	for _, ch := range "1" {
		c.Focused().TypedRune(ch)
	}
	if got := string(r.now.draft.Head.Raw()); !strings.HasSuffix(got, "Accept: */*\r\nX-New: 1\r\n\r\n") {
		t.Errorf("%q", got)
	}
	c.Focused().(fyne.Shortcutable).TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyUp, Modifier: fyne.KeyModifierAlt})
	if got := string(r.now.draft.Head.Raw()); !strings.HasSuffix(got, "X-New: 1\r\nAccept: */*\r\n\r\n") {
		t.Errorf("moved up: %q", got)
	}
	table.shown[2].on.SetChecked(false)
	if strings.Contains(string(r.now.draft.Head.Raw()), "X-New") || table.rows.Len() != 4 {
		t.Errorf("a field that is off is sent: %q", r.now.draft.Head.Raw())
	}
	// The bytes have the same, and what is off stays in its place through them.
	r.editor.Choose(pageRaw)
	r.editor.raw.Insert("")
	r.editor.raw.SetText(r.editor.raw.Text() + "Last: 1\r\n")
	r.editor.raw.Changed()
	r.editor.Choose(pageFields)
	if got := r.now.draft.Head.Lines; len(got) != 5 || got[2].Name != "X-New" || !got[2].Off || got[4].Name != "Last" {
		t.Errorf("%+v", got)
	}
	table.focus(2, 0)
	c.Focused().(fyne.Shortcutable).TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyBackspace,
		Modifier: fyne.KeyModifierShortcutDefault})
	if len(r.now.draft.Head.Lines) != 4 {
		t.Error("the row was not removed")
	}
	press(fyne.KeyEscape)
	if c.Focused() != nil {
		t.Error("Escape leaves no cell")
	}
}

func TestTabsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "compose.json")
	r := openRoom(t, roomOptions{path: path})
	r.pasteURL(curl)
	r.NewTab()
	r.write("http://second.test/")
	r.until("it is saved", func() bool { return !r.keeper.dirty && !r.keeper.saving })
	r.Close()
	if len(r.tabs) != 1 || !strings.Contains(r.now.name(), "api.example.test") {
		t.Errorf("%d tabs, %q", len(r.tabs), r.now.name())
	}
	r.Reopen()
	if len(r.tabs) != 2 || r.now.draft.URL() != "http://second.test/" {
		t.Errorf("%d tabs, %q", len(r.tabs), r.now.draft.URL())
	}
	r.Step(1)
	r.until("it is saved", func() bool { return !r.keeper.dirty && !r.keeper.saving })
	again := openRoom(t, roomOptions{path: path})
	if len(again.tabs) != 2 || again.now != again.tabs[0] || string(again.now.draft.Head.Raw()) != string(r.tabs[0].draft.Head.Raw()) ||
		string(again.now.draft.Body.Bytes) != `{"name":"Ada"}` {
		t.Errorf("%d tabs, %q", len(again.tabs), again.now.draft.Head.Raw())
	}
	for range compose.MaxTabs + 3 {
		again.Add(&compose.Draft{Host: "x"})
	}
	if len(again.tabs) != compose.MaxTabs || !strings.Contains(again.notice.Label.Text, "Close one") {
		t.Errorf("%d tabs, says %q", len(again.tabs), again.notice.Label.Text)
	}
}

// What hides secrets hides the request too, and nothing of it is lost.
func TestHiddenSecrets(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.pasteURL(curl)
	r.hidden = true
	r.SecretsChanged()
	uitest.Walk(r.Object, func(o fyne.CanvasObject) {
		if e, ok := o.(*cell); ok && strings.Contains(e.Text, "Bearer") {
			t.Error("a secret is in sight")
		}
	})
	r.hidden = false
	r.SecretsChanged()
	if !r.editor.Object.Visible() || r.line.url.Password {
		t.Error("it stays hidden")
	}
}

// Tab goes through the room as it is read: method, URL, Send, how it is sent, then the request.
func TestTabGoesThroughTheRoom(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("http://a.test/")
	c := r.win.Canvas()
	c.Focus(r.line.method)
	want := []fyne.Focusable{r.line.more, r.line.url, r.line.send, r.options.proto, r.options.ticks[0], r.options.ticks[1],
		r.options.ticks[2], r.options.ticks[3], r.options.seconds, r.options.more, r.editor.tabs}
	for i, o := range want {
		if c.FocusNext(); c.Focused() != o {
			t.Fatalf("step %d leads to %T, not to %T", i, c.Focused(), o)
		}
	}
	for range 3 { // the tick of the first field, its cells
		if c.FocusNext(); c.Focused() == nil {
			t.Fatal("it leads nowhere")
		}
		if at, ok := c.Focused().(*cell); ok && at.row.i == 0 && at.column == 0 {
			return
		}
	}
	t.Errorf("it does not lead into the table: %T", c.Focused())
}

// What could not be kept, for the disk was full or no file could be written, is tried again at the end.
func TestWhatWasNotKeptIsKeptAtTheEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	path := filepath.Join(dir, "compose.json")
	r := openRoom(t, roomOptions{path: path})
	r.until("what was kept is read", r.keeper.Loaded)
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // in the place of the folder
		t.Fatal(err)
	}
	r.write("http://first.test/")
	r.until("it says so", func() bool { return strings.Contains(r.notice.Label.Text, "could not be kept") })
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	r.End()
	if kept, err := compose.Load(path); err != nil || len(kept.Drafts) != 1 {
		t.Errorf("kept are %d: %v", len(kept.Drafts), err)
	}
}
