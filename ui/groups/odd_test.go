package groups

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	draft "posthouse/app/compose"
	"posthouse/app/groups"
)

// The order is taken back, and what was edited since stays.
func TestBackKeepsWhatWasEdited(t *testing.T) {
	r := openRoom(t, "light", "en", "")
	r.Compose([]*draft.Draft{request("A", "http://a.test/", ""), request("B", "http://a.test/", "")})
	r.key(fyne.KeyDown, fyne.KeyModifierAlt)
	r.sheet.pages.Choose(pageRequest)
	r.sheet.request.url.SetText("http://edited.test/")
	r.now.Times = 7
	r.sheet.steps.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	r.back()
	r.back()
	if r.titles() != "A B" || r.now.Steps[0].Draft.URL() != "http://edited.test/" || r.now.Times != 7 {
		t.Errorf("%s, %s, %d times", r.titles(), r.now.Steps[0].Draft.URL(), r.now.Times)
	}
	if len(r.groups) != 1 || r.groups[0] != r.now {
		t.Error("the group in sight is not among the groups")
	}
}

// A new request is in the line where another one is being written.
func TestANewRequestIsInTheLineThatHasTheFocus(t *testing.T) {
	r := openRoom(t, "light", "en", "")
	r.Compose([]*draft.Draft{request("GET", "http://a.test/one", "")})
	r.sheet.pages.Choose(pageRequest)
	r.sheet.request.focus()
	r.sheet.addMenu().Items[0].Action()
	if text := r.sheet.request.url.Text; text != "" || r.at != 1 {
		t.Errorf("of request %d the line says %q", r.at+1, text)
	}
	r.sheet.request.url.SetText("http://b.test/two")
	r.append([]*draft.Draft{request("GET", "http://c.test/three", "")})
	if text := r.sheet.request.url.Text; text != "http://c.test/three" {
		t.Errorf("the line says %q", text)
	}
	if url := r.now.Steps[0].Draft.URL(); url != "http://a.test/one" {
		t.Errorf("the first goes to %s", url)
	}
}

// What the room says of a line loses its values when secrets are hidden, also while the group runs.
func TestHiddenValuesLeaveTheLineBelow(t *testing.T) {
	r := openRoom(t, "light", "en", "")
	r.hold = make(chan struct{})
	r.login()
	r.toggle()
	r.hold <- struct{}{}
	r.until("the first has ended", func() bool { return r.results() == 1 })
	r.sheet.results.Choose(0)
	if !strings.Contains(r.sheet.summary.Text, "t0k3n") {
		t.Fatalf("it says %q", r.sheet.summary.Text)
	}
	r.hidden = true
	if r.SecretsChanged(); strings.Contains(r.sheet.summary.Text, "t0k3n") {
		t.Errorf("it says %q", r.sheet.summary.Text)
	}
	r.stop()
	r.until("it has ended", func() bool { return !r.Running() })
}

// What could not be kept, for the disk was full or no file could be written, is tried again at the end.
func TestWhatWasNotKeptIsKeptAtTheEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	path := filepath.Join(dir, "groups.json")
	r := openRoom(t, "light", "en", path)
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // in the place of the folder
		t.Fatal(err)
	}
	r.Compose([]*draft.Draft{request("GET", "http://a.test/", "")})
	r.until("it says so", func() bool { return strings.Contains(r.sheet.notice.Label.Text, "could not be kept") })
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	r.end()
	if kept, err := groups.Load(path); err != nil || len(kept.Groups) != 1 {
		t.Errorf("kept are %d: %v", len(kept.Groups), err)
	}
}
