package comparison

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"posthouse/proxy/compare"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	"posthouse/ui/uitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opened is a room over a window, whose work is done where it is asked for.
type opened struct {
	file    string // where it is saved to
	win     fyne.Window
	ignored Ignored
	copied  string
	room    *room
}

func open(t *testing.T, theme, lang string, a, b flow.Exchange) *opened {
	app := test.NewTempApp(t)
	app.Settings().SetTheme(style.NewTheme(theme))
	i18n.Set(lang)
	t.Cleanup(func() { i18n.Set(i18n.English) })
	o := &opened{win: app.NewWindow("")}
	t.Cleanup(o.win.Close)
	o.win.Resize(fyne.NewSize(1100, 640))
	o.room = newRoom(Deps{Window: o.win, Work: func(slow func() func()) { slow()() }, Copy: func(text string) { o.copied = text },
		Open: func(d dialog.Dialog) { d.Show() },
		Save: func(_ filedialog.Options, chosen func(string)) { chosen(o.file) }, Report: func(err error) { t.Error(err) },
		Ignored: func() Ignored { return o.ignored }, Ignore: func(i Ignored) { o.ignored = i }}, a, b)
	return o
}

func sample(id flow.ID, status, body, contentType string, fields ...string) flow.Exchange {
	x := uitest.SampleExchange(id, contentType, body)
	x.ResponseHead = []byte("HTTP/1.1 " + status + "\r\n" + strings.Join(append(fields, "Content-Type: "+contentType, "", ""), "\r\n"))
	return x
}

func jsonPair() (a, b flow.Exchange) {
	a = sample(1041, "200 OK", `{"user":{"name":"张三","roles":["admin","dev"]},"items":[{"id":1,"price":10},{"id":2,"price":20}],"at":1}`,
		"application/json", "Date: Mon, 02 Jan 2006 15:04:05 GMT", "Server: nginx", "ETag: \"1\"", "Set-Cookie: a=1")
	b = sample(1042, "200 OK", `{"user":{"name":"张三","roles":["admin"]},"items":[{"id":2,"price":25},{"id":3,"price":1}],"at":2}`,
		"application/json", "server: nginx", "Date: Mon, 02 Jan 2006 15:04:09 GMT", "ETag: \"2\"", "X-New: 1")
	return a, b
}

func textPair() (a, b flow.Exchange) {
	lines := func(odd string) string {
		return strings.Repeat("the same line\n", 12) + "begin\n" + odd + strings.Repeat("again the same\n", 12)
	}
	return sample(7, "200 OK", lines("one\ntwo\n"), "text/plain"), sample(8, "404 Not Found", lines("one\nzwei\ndrei\n"), "text/plain")
}

func TestComparisonPictures(t *testing.T) {
	for _, c := range []struct {
		name, theme, lang string
		pair              func() (flow.Exchange, flow.Exchange)
	}{
		{"json-dark-en", "dark", "en", jsonPair},
		{"json-light-zh", "light", "zh-Hans", jsonPair},
		{"text-light-en", "light", "en", textPair},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := c.pair()
			o := open(t, c.theme, c.lang, a, b)
			o.ignored = Ignored{Fields: []string{"date"}}
			o.room.compare()
			o.room.step(1)
			test.AssertRendersToImage(t, "comparison-"+c.name+".png", o.win.Canvas())
		})
	}
}

// What a row is passed over as, with what the menu says.
func TestIgnoreByClick(t *testing.T) {
	a, b := jsonPair()
	o := open(t, "light", "en", a, b)
	differ := o.room.result.Differ()
	row := func(name string) int {
		t.Helper()
		i := slices.IndexFunc(o.room.page.rows, func(r document.PairRow) bool { return r.Name == name })
		if i < 0 {
			t.Fatalf("no row %q", name)
		}
		return i
	}
	press := func(name, label string) {
		t.Helper()
		items := o.room.menu(document.Pos{Line: row(name)}, false)
		if len(items) != 1 || items[0].Label != label {
			t.Fatalf("%q offers %v, want %q", name, items, label)
		}
		items[0].Action()
	}
	press("$.items[0].price", "Ignore $.items[*].price")
	press("ETag", "Ignore etag")
	if want := (Ignored{Fields: []string{"etag"}, Paths: []string{"$.items[*].price"}}); !slices.Equal(o.ignored.Fields, want.Fields) ||
		!slices.Equal(o.ignored.Paths, want.Paths) {
		t.Errorf("%+v", o.ignored)
	}
	if got := o.room.result.Differ(); got != differ-1 { // the body still differs, as a whole
		t.Errorf("%d differences, before %d", got, differ)
	}
	if !o.room.page.rows[row("ETag")].Muted {
		t.Error("what is passed over is not in grey")
	}
	press("ETag", "Compare etag again")
	if len(o.ignored.Fields) != 0 {
		t.Errorf("%+v", o.ignored)
	}
	o.ignored.Fields = slices.Repeat([]string{"x"}, maxIgnored)
	if items := o.room.menu(document.Pos{Line: row("ETag")}, false); !items[0].Disabled {
		t.Error("more is passed over than may be")
	}
	if items := o.room.menu(document.Pos{Line: 0}, false); items != nil {
		t.Errorf("a title offers %v", items)
	}
}

func TestStepsGoAround(t *testing.T) {
	a, b := textPair()
	o := open(t, "light", "en", a, b)
	changes := o.room.page.changes
	if len(changes) < 2 {
		t.Fatalf("differences at %v", changes)
	}
	var seen []int
	for range len(changes) + 1 {
		o.room.key(&fyne.KeyEvent{Name: fyne.KeyN})
		seen = append(seen, o.room.lines[0].Current())
	}
	if want := append(slices.Clone(changes), changes[0]); !slices.Equal(seen, want) {
		t.Errorf("went to %v, want %v", seen, want)
	}
	o.room.key(&fyne.KeyEvent{Name: fyne.KeyP})
	if got := o.room.lines[1].Current(); got != changes[len(changes)-1] {
		t.Errorf("back at %d", got)
	}
}

// Rows of both sides stand beside each other, wherever one of them is scrolled to.
func TestSidesScrollTogether(t *testing.T) {
	a, b := textPair()
	o := open(t, "light", "en", a, b)
	o.room.brief.SetChecked(false)
	o.room.lines[1].Scroll(230)
	if left, right := o.room.lines[0].Port.Top, o.room.lines[1].Port.Top; left != right {
		t.Errorf("left at %v, right at %v", left, right)
	}
	if o.room.lines[0].TopLine() == 0 {
		t.Error("nothing was scrolled")
	}
}

func TestNothingDiffers(t *testing.T) {
	a, _ := jsonPair()
	o := open(t, "light", "en", a, a)
	o.room.copyUnified()
	if o.copied != "" || len(o.room.page.changes) != 0 || !o.room.before.Disabled() {
		t.Errorf("copied %q, differences at %v", o.copied, o.room.page.changes)
	}
	if got := summaryText(o.room.result); got != "No differences" {
		t.Error(got)
	}
}

func TestUnkeptBodies(t *testing.T) {
	a, b := jsonPair()
	a.ResponseBody.State, a.ResponseBody.Bytes = flow.BodyEvicted, nil
	o := open(t, "light", "en", a, b)
	if got := summaryText(o.room.result); !strings.HasSuffix(got, "a body was not kept, and not compared") {
		t.Error(got)
	}
	if o.room.result.Response.Body.How != compare.Unknown {
		t.Error("compared all the same")
	}
}

// Hostile text is shown, not obeyed.
func TestHostileText(t *testing.T) {
	a := sample(1, "200 OK", "\x1b[31mred\u202etxt\x00", "text/plain", "X: \x1b]0;evil\a")
	b := sample(2, "200 OK", strings.Repeat("x", 5000), "text/plain", "X: 1")
	o := open(t, "light", "en", a, b)
	for _, l := range o.room.lines {
		for i := range l.Port.Doc.Len() {
			if text := l.Port.Doc.Line(i).Text; strings.ContainsAny(text, "\x1b\x00\a\u202e") || len(text) > 4000 {
				t.Errorf("line %q", text)
			}
		}
	}
}

// The unified diff is put in the place of what stands there.
func TestTheDiffIsSaved(t *testing.T) {
	a, b := jsonPair()
	o := open(t, "light", "en", a, b)
	o.file = filepath.Join(t.TempDir(), "old.diff")
	if err := os.WriteFile(o.file, []byte("as it was, and longer than what is written: "+strings.Repeat("x", 100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	test.Tap(o.room.save)
	if text, err := os.ReadFile(o.file); !strings.HasPrefix(string(text), "--- ") || strings.Contains(string(text), "xxx") {
		t.Errorf("there is %.200q, %v", text, err)
	}
}
