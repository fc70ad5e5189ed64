package compose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"posthouse/app/compose"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/document"
)

func TestHexIsEdited(t *testing.T) {
	r := openRoom(t, roomOptions{})
	_ = r.now.draft.SetBytes([]byte("\x00\xffabc"))
	r.now.draft.SetMode(compose.Hex)
	r.show()
	r.editor.Choose(pageBody)
	hex := r.editor.body.hex
	if hex.Text() != "00 ff 61 62 63" {
		t.Fatalf("it is shown as %q", hex.Text())
	}
	hex.Insert("7")
	if string(r.now.draft.Body.Bytes) != "\x00\xffabc" || !strings.Contains(r.editor.said.Label.Text, "Line 1") {
		t.Errorf("%q, says %q", r.now.draft.Body.Bytes, r.editor.said.Label.Text)
	}
	hex.Insert("f ")
	if string(r.now.draft.Body.Bytes) != "\x7f\x00\xffabc" || strings.Contains(r.editor.said.Label.Text, "Line 1") {
		t.Errorf("%q, says %q", r.now.draft.Body.Bytes, r.editor.said.Label.Text)
	}
	_ = r.now.draft.SetBytes(make([]byte, document.MaxHex+1))
	r.show()
	if hex.Insert("0"); len(r.now.draft.Body.Bytes) != document.MaxHex+1 || !strings.Contains(r.editor.said.Label.Text, "read alone") {
		t.Errorf("%d bytes, says %q", len(r.now.draft.Body.Bytes), r.editor.said.Label.Text)
	}
}

// A part becomes a file and a text again, and a body is taken from a file.
func TestFilesAreChosen(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("http://a.test/")
	r.file = filepath.Join(t.TempDir(), "cat.png")
	if err := os.WriteFile(r.file, []byte("\x89PNG"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.editor.Choose(pageBody)
	r.editor.body.modes.Choose(int(compose.InParts))
	table := r.editor.body.parts
	table.shown[0].cells[0].SetText("photo")
	test.Tap(table.shown[0].button)
	p := &r.now.draft.Body.Parts.Parts[0]
	if p.Name() != "photo" || p.File() != "cat.png" || p.Type() != "image/png" || !table.shown[0].cells[1].locked {
		t.Errorf("%+v", p)
	}
	r.sends()
	body := r.sent[0].Body
	if body.Reader == nil || body.Len() == 0 {
		t.Errorf("it was sent with %d bytes", body.Len())
	}
	test.Tap(table.shown[0].button)
	if table.shown[0].cells[1].SetText("a text"); p.Path != "" || p.File() != "" || string(p.Body) != "a text" {
		t.Errorf("%+v", p)
	}
	r.editor.body.modes.Choose(int(compose.File))
	test.Tap(r.editor.body.choose)
	r.sends()
	if n := r.sent[1].Body.Len(); n != 4 {
		t.Errorf("it was sent with %d bytes", n)
	}
	r.file = r.file + ".gone"
	test.Tap(r.editor.body.choose)
	if !strings.Contains(r.editor.said.Label.Text, "cannot be read") {
		t.Errorf("it says %q", r.editor.said.Label.Text)
	}
	if r.sends(); len(r.sent) != 2 || !strings.Contains(r.response.hint.Text, "not sent") {
		t.Errorf("%d were sent, says %q", len(r.sent), r.response.hint.Text)
	}
}

func TestADamagedFileIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "compose.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := openRoom(t, roomOptions{path: path})
	if !strings.Contains(r.notice.Label.Text, "set aside as "+path+".bad-") {
		t.Errorf("it says %q", r.notice.Label.Text)
	}
	r.write("http://a.test/")
	r.until("it is saved", func() bool { return !r.keeper.dirty && !r.keeper.saving })
	if aside, _ := filepath.Glob(path + ".bad-*"); len(aside) != 1 {
		t.Errorf("set aside: %v", aside)
	}
}

// What has no room in the file is named, and stays.
func TestWhatIsNotKeptIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "compose.json")
	r := openRoom(t, roomOptions{path: path})
	d := compose.New()
	d.Name, d.Body.Bytes = "the large one", make([]byte, compose.MaxKept+1)
	r.Add(d)
	r.until("it is said", func() bool { return strings.Contains(r.notice.Label.Text, "the large one") })
	if len(r.now.draft.Body.Bytes) != compose.MaxKept+1 {
		t.Error("it is lost")
	}
}

// Copy as gives what is written, in each form.
func TestCopyAs(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.pasteURL(curl)
	for _, item := range r.menu().Items {
		if strings.Contains(item.Label, "cURL") || strings.Contains(item.Label, "curl") {
			item.Action()
			break
		}
	}
	if len(r.copied) != 1 || !strings.Contains(r.copied[0], "Authorization: Bearer abc") ||
		!strings.Contains(r.copied[0], `{"name":"Ada"}`) {
		t.Errorf("copied: %q", r.copied)
	}
}

func TestRepeat(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("http://a.test/{{n}}")
	r.Repeat()
	s := r.repeats
	s.fields[1].SetText("65")
	if s.toggle(); !strings.Contains(s.summary.Text, "64 in parallel") || s.cancel != nil {
		t.Errorf("it says %q", s.summary.Text)
	}
	s.fields[0].SetText("25")
	s.fields[1].SetText("4")
	s.toggle()
	r.until("all are sent", func() bool { return s.cancel == nil && len(s.outcomes) == 25 })
	if !strings.Contains(s.summary.Text, "200 × 25") || !strings.Contains(s.summary.Text, "p95") || s.progress.Value != 25 {
		t.Errorf("it says %q", s.summary.Text)
	}
	if head := string(r.sent[24].Head); strings.Contains(head, "{{") || !strings.Contains(head, "GET /") {
		t.Errorf("sent: %q", head)
	}
	// It ends with the sheet.
	r.answer = func(*outgoing.Message) (*flow.Exchange, error) { return nil, nil }
	s.toggle()
	s.hide()
	r.until("it is cancelled", func() bool { return s.cancel == nil })
}

// What is no hexadecimal is that of one request, and of no other with the same body.
func TestBrokenHexIsOfOneDraft(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.now.draft.SetMode(compose.Hex)
	r.show()
	r.editor.Choose(pageBody)
	r.editor.body.hex.Insert("4")
	other := *r.now.draft
	r.editor.Show(&other)
	if text := r.editor.body.hex.Text(); text != "" || strings.Contains(r.editor.said.Label.Text, "Line 1") {
		t.Errorf("%q, says %q", text, r.editor.said.Label.Text)
	}
}

// A part whose name is missing is marked, and said, until it has one.
func TestAPartWithoutANameIsMarked(t *testing.T) {
	r := openRoom(t, roomOptions{})
	r.write("http://a.test/")
	r.now.draft.SetMode(compose.InParts)
	r.show()
	r.editor.Choose(pageBody)
	parts := r.editor.body.parts
	parts.edit(0, 1, "value")
	row := parts.shown[0]
	said := func() bool {
		return strings.Contains(r.editor.said.Label.Text, "Without a name, and sent like that: part 1")
	}
	if !row.flaw.Visible() || row.cells[0].PlaceHolder != "no name" || !said() {
		t.Errorf("marked %v, %q, and it says %q", row.flaw.Visible(), row.cells[0].PlaceHolder, r.editor.said.Label.Text)
	}
	parts.edit(0, 0, "a")
	if row.flaw.Visible() || row.cells[0].PlaceHolder != "" || said() {
		t.Errorf("marked %v, %q, and it says %q", row.flaw.Visible(), row.cells[0].PlaceHolder, r.editor.said.Label.Text)
	}
	parts.edit(0, 0, "")
	if !row.flaw.Visible() || !said() {
		t.Error("the name was taken away, and it says", r.editor.said.Label.Text)
	}
	row.on.SetChecked(false)
	if row.flaw.Visible() || said() {
		t.Error("it is off, and it says", r.editor.said.Label.Text)
	}
}
