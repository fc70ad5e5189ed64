package groups

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	draft "posthouse/app/compose"
	"posthouse/app/groups"
	"posthouse/app/repeat"
	"posthouse/proxy/flow"
)

// Values go from one answer into the requests behind it, a name that nothing gives stays, and
// the table says what came of each.
func TestAGroupHandsValuesOn(t *testing.T) {
	r := openRoom(t, "light", "en", "")
	r.login()
	if text, trouble := stepText(r.now, 2); !trouble || !strings.Contains(text, "wrong") || strings.Contains(text, "token") {
		t.Errorf("of the last it says %q", text)
	}
	r.now.Times = 2
	r.runs()
	want := `POST /login {"run":1}|GET /users/7?page=3 |DELETE /users/7/{{wrong}} t0k3n|POST /login {"run":2}|GET /users/7?page=3 |` +
		`DELETE /users/7/{{wrong}} t0k3n`
	if got := strings.Join(r.sent, "|"); got != want {
		t.Errorf("it sent\n%s\nand not\n%s", got, want)
	}
	if r.results() != 6 || !strings.HasPrefix(r.run.said, "6 of 6 requests") || !strings.Contains(r.run.said, "p95") {
		t.Errorf("%d results: %s", r.results(), r.run.said)
	}
	cells, trouble := r.line(3)
	if trouble || cells[0] != "2.1" || cells[1] != "POST a.test/login" || cells[2] != "200" ||
		!strings.Contains(cells[5], "token = t0k3n") || !strings.Contains(cells[5], "sid = s1") {
		t.Errorf("the line is %q", cells)
	}
	if text := r.detail(3); !strings.HasPrefix(text, "2.1  POST a.test/login  ·  token = t0k3n") {
		t.Errorf("all of it is %q", text)
	}
	r.hidden = true
	if cells, _ := r.line(3); strings.Contains(cells[5], "t0k3n") {
		t.Errorf("while secrets are hidden the line is %q", cells)
	}
}

// It ends at the first failure, or goes on and sends nothing that lacks a value.
func TestAFailureEndsAGroupOrDoesNot(t *testing.T) {
	r := openRoom(t, "light", "en", "")
	r.Compose([]*draft.Draft{request("GET", "http://a.test/first", ""), request("GET", "http://a.test/{{none}}", ""),
		request("GET", "http://a.test/last", "")})
	r.now.Steps[0].Takes = []repeat.Take{{Name: "none", At: "$.none"}}
	r.runs()
	if r.results() != 1 || !strings.Contains(r.run.said, "the answer to request 1 lacks $.none") ||
		!strings.Contains(r.run.said, "1 of 3") {
		t.Errorf("%d results: %s", r.results(), r.run.said)
	}
	r.now.GoOn = true
	r.runs()
	if got := strings.Join(r.sent, "|"); got != "GET /first |GET /first |GET /last " {
		t.Errorf("it sent %s", got)
	}
	cells, trouble := r.line(1)
	if !trouble || cells[2] != "Not sent" || cells[5] != "it needs none, which no answer has given" ||
		!strings.Contains(r.run.said, "2 failures") {
		t.Errorf("the line is %q: %s", cells, r.run.said)
	}
	_ = r.now.Steps[0].Draft.SetURL("http://a.test/gone")
	r.now.GoOn = false
	r.runs()
	if !strings.Contains(r.run.said, "request 1 was answered with 404") {
		t.Errorf("it says %s", r.run.said)
	}
}

// The order changes by keys and by dragging, and what was taken out comes back.
func TestTheOrderChanges(t *testing.T) {
	r := openRoom(t, "light", "en", "")
	r.Compose([]*draft.Draft{request("A", "http://a.test/", ""), request("B", "http://a.test/", ""), request("C", "http://a.test/", "")})
	r.key(fyne.KeyDown, fyne.KeyModifierAlt)
	if r.titles() != "B A C" || r.at != 1 {
		t.Errorf("down: %s, at %d", r.titles(), r.at)
	}
	r.key(fyne.KeyUp, fyne.KeyModifierAlt)
	r.key(fyne.KeyUp, fyne.KeyModifierAlt) // it is the first already
	if r.titles() != "A B C" || r.at != 0 {
		t.Errorf("up: %s, at %d", r.titles(), r.at)
	}
	row := newStepRow(r.sheet)
	row.Resize(fyne.NewSize(300, 40))
	row.show(0)
	top := fyne.CurrentApp().Driver().AbsolutePositionForObject(r.sheet.steps)
	row.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{AbsolutePosition: top.AddXY(40, 170)}})
	row.DragEnd()
	if r.titles() != "B C A" || r.at != 2 {
		t.Errorf("dragged: %s, at %d", r.titles(), r.at)
	}
	r.sheet.steps.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	r.sheet.steps.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	if r.titles() != "C A" || r.at != 0 {
		t.Errorf("without the first: %s, at %d", r.titles(), r.at)
	}
	r.sheet.steps.TypedShortcut(&fyne.ShortcutUndo{})
	if r.titles() != "B C A" {
		t.Errorf("back: %s", r.titles())
	}
	for range 2 * maxUndo {
		r.key(fyne.KeyDown, fyne.KeyModifierAlt)
		r.key(fyne.KeyUp, fyne.KeyModifierAlt)
	}
	if len(r.undo) > maxUndo {
		t.Errorf("%d steps back", len(r.undo))
	}
}

// What is typed is checked, and a group with something that cannot be taken does not begin.
func TestValuesAreChecked(t *testing.T) {
	r := openRoom(t, "light", "en", "")
	r.Compose([]*draft.Draft{request("GET", "http://a.test/", ""), request("GET", "http://a.test/{{id}}", "")})
	page := r.sheet.values
	page.addRow()
	row := page.rows[0]
	if row.wrong.Visible() {
		t.Errorf("of an empty one it says %q", row.wrong.Text)
	}
	row.name.SetText("id")
	row.where.SetText("$.user[")
	if !row.wrong.Visible() || row.wrong.Text == "" {
		t.Error("a path that is none passes")
	}
	r.toggle()
	if r.run != nil || !strings.HasPrefix(r.sheet.notice.Label.Text, "Request 1, value 1: ") {
		t.Errorf("it began: %s", r.sheet.notice.Label.Text)
	}
	page.rows[0].where.SetText("$.user.id")
	if page.rows[0].wrong.Visible() {
		t.Errorf("it says %q", page.rows[0].wrong.Text)
	}
	page.addRow()
	page.rows[1].name.SetText("id")
	page.rows[1].kind.SetSelectedIndex(int(repeat.FromCookie))
	page.rows[1].where.SetText("sid")
	if !strings.Contains(page.rows[1].wrong.Text, "Value 1 has this name already") {
		t.Errorf("of a name that is there twice it says %q", page.rows[1].wrong.Text)
	}
	page.removeRow(0)
	if got := r.now.Steps[0].Takes; len(got) != 1 || got[0] != (repeat.Take{Name: "id", From: repeat.FromCookie, At: "sid"}) {
		t.Errorf("it takes %+v", got)
	}
	r.runs()
	if got := strings.Join(r.sent, "|"); got != "GET / |GET /s1 " {
		t.Errorf("it sent %s", got)
	}
	for range repeat.MaxTakes + 3 {
		r.at = 0
		page.show()
		page.addRow()
	}
	if len(r.now.Steps[0].Takes) != repeat.MaxTakes || len(page.rows) != repeat.MaxTakes {
		t.Errorf("it takes %d values", len(r.now.Steps[0].Takes))
	}
}

// A group under way goes on while its row is looked at, and ends with its room.
func TestAGroupUnderWay(t *testing.T) {
	r := openRoom(t, "light", "en", "")
	r.hold = make(chan struct{})
	r.login()
	r.now.Times = 10
	r.toggle()
	r.hold <- struct{}{}
	r.until("the first has ended", func() bool { return r.results() == 1 })
	r.sheet.results.Choose(0)
	r.sheet.results.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if len(r.revealed) != 1 || r.revealed[0] != 1 || r.sheet != nil || !r.Running() {
		t.Fatalf("it went to %v, the room is open: %v, running: %v", r.revealed, r.sheet != nil, r.Running())
	}
	for range 3 {
		r.hold <- struct{}{}
	}
	r.until("three more have ended", func() bool { return r.results() == 4 })
	r.Open()
	if r.sheet.progress.Value != 4 || r.sheet.start.Text != "Cancel" {
		t.Errorf("it shows %v, %s", r.sheet.progress.Value, r.sheet.start.Text)
	}
	r.compare(3)
	r.compare(1)
	r.compare(0)
	if len(r.compared) != 2 || r.compared[0] != [2]flow.ID{1, 4} || r.compared[1] != [2]flow.ID{1, 2} {
		t.Errorf("it compared %v", r.compared)
	}
	r.sheet.hide()
	r.until("it has ended", func() bool { return !r.Running() })
	if !strings.HasPrefix(r.run.said, "Cancelled.") {
		t.Errorf("it says %s", r.run.said)
	}
}

// Requests come from rows, from Compose, and are edited here.
func TestRequestsAreAddedAndEdited(t *testing.T) {
	r := openRoom(t, "light", "en", "")
	r.tabs = []*draft.Draft{request("GET", "http://a.test/one", ""), request("GET", "http://a.test/two", "")}
	items := r.sheet.addMenu().Items
	items[0].Action() // a new one
	items[1].Action() // the rows
	items[3].Action() // all of Compose
	if r.titles() != "GET GET GET GET" || r.at != 3 || items[1].Label != "The 2 selected rows of Traffic" {
		t.Fatalf("%s, at %d, %q", r.titles(), r.at, items[1].Label)
	}
	r.toggle()
	if r.run != nil || r.at != 0 || r.sheet.notice.Label.Text != "Write where request 1 goes first." {
		t.Errorf("it began: %s", r.sheet.notice.Label.Text)
	}
	r.sheet.request.url.SetText("http://b.test/{{n}}")
	r.sheet.request.method.SetText("PUT")
	r.now.Times = 0
	r.toggle()
	if r.run != nil || !strings.Contains(r.sheet.notice.Label.Text, "from 1 to 2,500") {
		t.Errorf("it began: %s", r.sheet.notice.Label.Text)
	}
	r.now.Times = 1
	r.runs()
	if got := strings.Join(r.sent, "|"); got != "PUT /1 |GET /row |GET /one |GET /two " {
		t.Errorf("it sent %s", got)
	}
	if r.tabs[0].Head.Method() != "GET" || r.tabs[0].URL() != "http://a.test/one" {
		t.Error("the request of Compose has changed")
	}
	r.hidden = true
	r.SecretsChanged()
	r.sheet.pages.Choose(pageRequest)
	if r.sheet.request.edit.Visible() || !r.sheet.request.veil.Visible() {
		t.Error("while secrets are hidden the request is in sight")
	}
	many := make([]*draft.Draft, groups.MaxSteps+1)
	for i := range many {
		many[i] = draft.New()
	}
	r.append(many)
	if len(r.now.Steps) != groups.MaxSteps || r.sheet.notice.Label.Text == "" {
		t.Errorf("%d requests: %q", len(r.now.Steps), r.sheet.notice.Label.Text)
	}
}

// Groups are kept, deleted and had back; a damaged file is set aside, which is said.
func TestGroupsStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "groups.json")
	r := openRoom(t, "light", "en", path)
	r.login()
	r.Compose([]*draft.Draft{request("GET", "http://b.test/", "")})
	r.duplicate()
	if len(r.groups) != 3 || r.now.Title() != "GET b.test/" {
		t.Fatalf("%d groups, in sight is %s", len(r.groups), r.now.Title())
	}
	r.remove()
	r.restore()
	r.remove()
	if len(r.groups) != 2 {
		t.Fatalf("%d groups", len(r.groups))
	}
	r.sheet.choice.SetSelectedIndex(0)
	if r.now.Name != "Log in and out" {
		t.Errorf("in sight is %s", r.now.Title())
	}
	r.end()

	r = openRoom(t, "light", "en", path)
	if len(r.groups) != 2 || r.now.Name != "Log in and out" || len(r.now.Steps[0].Takes) != 4 {
		t.Fatalf("%d groups came back, in sight is %s", len(r.groups), r.now.Title())
	}
	for range groups.MaxGroups {
		r.add(groups.New(draft.New()))
	}
	if len(r.groups) != groups.MaxGroups || !strings.Contains(r.sheet.notice.Label.Text, "Delete one first") {
		t.Errorf("%d groups: %q", len(r.groups), r.sheet.notice.Label.Text)
	}
	r.end()

	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r = openRoom(t, "light", "en", path)
	if len(r.groups) != 1 || !strings.Contains(r.sheet.notice.Label.Text, "set aside as "+path) {
		t.Errorf("%d groups: %q", len(r.groups), r.sheet.notice.Label.Text)
	}
}

func TestRoomPictures(t *testing.T) {
	for _, c := range []struct {
		name, theme, lang string
		do                func(*testRoom)
	}{
		{"values-light-en", "light", "en", func(r *testRoom) { r.login() }},
		{"values-dark-zh", "dark", "zh-Hans", func(r *testRoom) {
			r.login()
			r.sheet.steps.choose(2)
			r.sheet.values.addRow()
			r.sheet.values.rows[0].name.SetText("2x")
		}},
		{"results-light-zh", "light", "zh-Hans", func(r *testRoom) { r.login(); r.runs() }},
		{"results-dark-en", "dark", "en", func(r *testRoom) {
			r.login()
			r.now.Steps[1].Takes = []repeat.Take{{Name: "next", At: "$.next"}}
			r.now.Times, r.now.GoOn = 3, true
			r.runs()
			r.sheet.results.Choose(1)
		}},
		{"request-light-en", "light", "en", func(r *testRoom) {
			r.login()
			r.sheet.pages.Choose(pageRequest)
		}},
		{"empty-light-en", "light", "en", func(*testRoom) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := openRoom(t, c.theme, c.lang, "")
			c.do(r)
			r.win.Canvas().Unfocus()
			test.AssertRendersToImage(t, "groups-"+c.name+".png", r.win.Canvas())
		})
	}
}
