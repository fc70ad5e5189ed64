package compose

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app/compose"
	"posthouse/app/repeat"
	"posthouse/proxy/flow"
	"posthouse/ui/uitest"
)

// Two hundred fields and a body of 5 MiB are shown and edited without a wait that a person feels.
func TestLargeRequestsStayQuick(t *testing.T) {
	r := openRoom(t, roomOptions{})
	var raw strings.Builder
	raw.WriteString("POST /" + strings.Repeat("long/", 4000) + " HTTP/1.1\r\nHost: a.test\r\n")
	for range 200 {
		raw.WriteString("X-Field: " + strings.Repeat("value ", 20) + "\r\n")
	}
	d := compose.New()
	d.Scheme, d.Host, d.Head = "http", "a.test", compose.ParseHead([]byte(raw.String()), nil)
	d.Body.Bytes = []byte(uitest.LargeJSON(5 << 20))
	took := func(what string, most time.Duration, do func()) {
		begun := time.Now()
		do()
		if spent := time.Since(begun); spent > most {
			t.Errorf("%s takes %v", what, spent)
		} else {
			t.Logf("%s takes %v", what, spent)
		}
	}
	took("opening", time.Second, func() { r.Add(d) })
	took("a character in a cell", 500*time.Millisecond, func() { r.editor.fields.shown[3].cells[1].TypedRune('x') })
	took("the raw text", time.Second, func() { r.editor.Choose(pageRaw) })
	took("a character in it", 500*time.Millisecond, func() { r.editor.raw.LineView.TypedRune('x') })
	took("the body", time.Second, func() { r.editor.Choose(pageBody) })
	took("a character in the body", 700*time.Millisecond, func() { r.editor.body.text.LineView.TypedRune('x') })
	if len(r.editor.fields.shown) > 60 {
		t.Errorf("%d rows are made", len(r.editor.fields.shown))
	}
	if r.line.url.SetText("x"); len(d.URL()) < 20_000 || len(r.line.url.Text) > maxShown+10 {
		t.Errorf("a URL of %d bytes is shown in %d", len(d.URL()), len(r.line.url.Text))
	}
	if string(d.Body.Bytes[:1]) != "x" {
		t.Error("what was typed is not in the body")
	}
}

// programJA4 is that of a program whose TLS is known.
const programJA4 = "t13d1516h2_8daaf6152771_d8a2da3f94cd"

// The room as a person sees it.
func TestRoomPictures(t *testing.T) {
	for _, c := range []struct {
		name, theme, lang string
		do                func(*testRoom)
	}{
		{"answer-light-en", "light", "en", func(r *testRoom) { r.sends(); r.settled() }},
		{"answer-dark-zh", "dark", "zh-Hans", func(r *testRoom) { r.sends(); r.sends(); r.settled() }},
		{"raw-dark-en", "dark", "en", func(r *testRoom) {
			r.now.draft.Head = compose.ParseHead([]byte("POST /v1/users HTTP/1.1\r\nHost: api.example.test\r\nContent-Length: 7\r\n"+
				"X-Odd : \x01\x1b value\nTransfer-Encoding: chunked\r\n"), nil)
			r.now.draft.FixLength = false
			r.show()
			r.editor.Choose(pageRaw)
			r.editor.Focus()
		}},
		{"form-light-zh", "light", "zh-Hans", func(r *testRoom) {
			_ = r.now.draft.SetBytes([]byte("name=Ada+Lovelace&city=%E5%8C%97%E4%BA%AC&note=a%0Ab"))
			r.now.draft.SetMode(compose.Form)
			r.now.draft.JA4, r.now.draft.OwnTLS = flow.ParseJA4(programJA4), true
			r.show()
			r.editor.Choose(pageBody)
		}},
		{"parts-dark-en", "dark", "en", func(r *testRoom) {
			d := r.now.draft
			d.Head = compose.ParseHead([]byte("POST / HTTP/1.1\r\nHost: api.example.test\r\n"+
				"Content-Type: multipart/form-data; boundary=X\r\n"), nil)
			_ = d.SetBytes([]byte(uitest.SampleMultipart))
			d.SetMode(compose.InParts)
			r.show()
			r.editor.Choose(pageBody)
		}},
		{"text-light-en", "light", "en", func(r *testRoom) {
			r.now.draft.JA4 = flow.ParseJA4(programJA4)
			r.show()
			r.editor.Choose(pageBody)
			r.editor.Focus()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := openRoom(t, roomOptions{theme: c.theme, lang: c.lang})
			r.pasteURL(curl)
			r.leave()
			c.do(r)
			test.AssertRendersToImage(t, "compose-"+c.name+".png", r.win.Canvas())
		})
	}
	t.Run("repeat-light-en", func(t *testing.T) {
		r := openRoom(t, roomOptions{theme: "light", lang: "en"})
		r.pasteURL(curl)
		r.leave()
		r.Repeat()
		r.repeats.show([]repeat.Outcome{{N: 1, Status: 200, Took: 12 * time.Millisecond, Size: 154},
			{N: 2, Status: 503, Took: 310 * time.Millisecond, Size: 20}, {N: 3, Failure: flow.FailureRefused, Took: time.Millisecond}})
		r.leave()
		test.AssertRendersToImage(t, "compose-repeat-light-en.png", r.win.Canvas())
	})
	t.Run("narrow-light-en", func(t *testing.T) {
		r := openRoom(t, roomOptions{theme: "light", lang: "en", size: fyne.NewSize(700, 560)})
		r.pasteURL(curl)
		r.leave()
		test.AssertRendersToImage(t, "compose-narrow-light-en.png", r.win.Canvas())
	})
}
