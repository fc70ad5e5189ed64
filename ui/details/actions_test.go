package details

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/ui/uitest"
)

func TestCopyMenu(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := formExchange()
	x.ResponseBody = uitest.Whole(uitest.Packed("gzip", "\xd6\xd0"))
	x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=gbk\r\nContent-Encoding: gzip\r\n\r\n")
	d.open(x, TabOverview)
	for label, want := range map[string]string{
		"Copy URL": x.URL(), "Copy request headers": string(x.RequestHead), "Copy request body": string(x.RequestBody.Bytes),
		"Copy response headers": string(x.ResponseHead), "Copy response body": "中", "cURL (sh)": "curl ",
		"cURL (cmd)": "curl ", "cURL (PowerShell)": "& {", "wget": "wget ", "HTTPie": "http ", "fetch (browser)": "await fetch(",
		"fetch (Node.js)": "await fetch(", "Python (requests)": "import requests", "Python (httpx)": "import httpx",
		"Go (net/http)": "package main", "Raw HTTP request": "POST ", "Markdown report": "### `POST ", "HAR": "{\n",
	} {
		d.copied = ""
		menu := d.CopyItems(&x)
		if !strings.HasPrefix(label, "Copy") {
			menu = uitest.Item(t, menu, "Copy as").ChildMenu
		}
		d.ui(uitest.Item(t, menu, label).Action)
		d.until(label, func() bool { return d.copied != "" })
		if !strings.HasPrefix(d.copied, want) || strings.HasPrefix(label, "Copy") && d.copied != want {
			t.Errorf("%s: %q", label, d.copied)
		}
	}
	x = tunnelExchange()
	for _, m := range d.CopyItems(&x).Items {
		if on := m.Label == "Copy URL" || m.Label == "Copy request headers" || m.Label == "Copy as" || m.IsSeparator; m.Disabled == on {
			t.Errorf("of a tunnel, %q is offered: %v", m.Label, !m.Disabled)
		}
	}
}

// Too much for the clipboard is said, not cut.
func TestCopyingIsBounded(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := uitest.SampleExchange(1, "text/plain", strings.Repeat("x", maxCopied+1))
	d.open(x, TabResponse)
	d.ui(uitest.Item(t, d.CopyItems(&x), "Copy response body").Action)
	d.until("it is said", func() bool { return d.win.Canvas().Overlays().Top() != nil })
	if d.copied != "" {
		t.Errorf("%d bytes were copied", len(d.copied))
	}
	d.win.Canvas().Overlays().Top().Hide()
	lines := d.response.body.lines
	d.ui(func() { lines.SelectAll(); lines.CopySelected() })
	d.until("it is said again", func() bool { return d.win.Canvas().Overlays().Top() != nil })
	if d.copied != "" {
		t.Errorf("%d bytes were copied", len(d.copied))
	}
}

func TestSaveMenu(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := uitest.SampleExchange(1, "text/plain", "")
	labels := func() string {
		var all []string
		for _, m := range d.saveItems(&x).Items {
			if !m.Disabled {
				all = append(all, m.Label)
			}
		}
		return strings.Join(all, "|")
	}
	if got := labels(); got != "" {
		t.Errorf("without bodies: %s", got)
	}
	x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
	x.ResponseBody = uitest.Whole(uitest.Packed("gzip", "hello"))
	if got := labels(); got != "Save response body…|Save response body, still compressed…" {
		t.Errorf("with one: %s", got)
	}
}

func TestSavingAsksForAFile(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := uitest.SampleExchange(1, "text/plain", "hello")
	d.open(x, TabOverview)
	d.ui(uitest.Item(t, d.saveItems(&x), "Save response body…").Action)
	if d.asked.Name != "users.txt" {
		t.Errorf("it asks for %+v", d.asked)
	}
	d.ui(d.openSaveMenu)
	d.ui(d.openCopyMenu)
	d.ui(d.response.body.openMenu)
}

func TestSavingWritesTheBody(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := uitest.SampleExchange(1, "text/plain", "")
	x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
	x.ResponseBody = uitest.Whole(uitest.Packed("gzip", "hello"))
	d.open(x, TabOverview)
	for _, c := range []struct {
		decode bool
		want   string
	}{{true, "hello"}, {false, string(x.ResponseBody.Bytes)}} {
		var file []byte
		write := func(b []byte) error {
			file = append(file, b...)
			return nil
		}
		d.ui(func() { d.save(write, MessageOf(&x, true), c.decode) })
		d.until("it is saved", func() bool { return d.saves.active == 0 })
		if string(file) != c.want {
			t.Errorf("decoded %v: %q", c.decode, file)
		}
	}
	d.ui(func() { d.save(func([]byte) error { return errors.New("disk full") }, MessageOf(&x, true), true) })
	d.until("the failure is said", func() bool { return d.win.Canvas().Overlays().Top() != nil })
}

// A body is put in the place of what stands there when it is whole, and not before.
func TestSavingReplacesAtomically(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := uitest.SampleExchange(1, "text/plain", "hello")
	d.open(x, TabOverview)
	folder := t.TempDir()
	path := filepath.Join(folder, "old.txt")
	if err := os.WriteFile(path, []byte("as it was"), 0o640); err != nil {
		t.Fatal(err)
	}
	d.ui(func() { d.AskSave(MessageOf(&x, true), true) })
	if text, err := os.ReadFile(path); string(text) != "as it was" {
		t.Errorf("while a name is asked for there is %q: %v", text, err)
	}
	d.ui(func() { d.chosen(path) })
	d.until("it is saved", func() bool { return d.saves.active == 0 })
	if text, err := os.ReadFile(path); string(text) != "hello" {
		t.Errorf("there is %q: %v", text, err)
	}
	d.ui(func() { d.chosen(filepath.Join(folder, "none", "x")) })
	d.until("the failure is said", func() bool { return d.win.Canvas().Overlays().Top() != nil })
}

// A slow disk takes a few files at a time, and keeps the pane going.
func TestSavingIsBounded(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := uitest.SampleExchange(1, "text/plain", "hello")
	d.open(x, TabOverview)
	wait := make(chan struct{})
	write := func([]byte) error {
		<-wait
		return nil
	}
	for range maxSaves {
		d.ui(func() { d.save(write, MessageOf(&x, true), true) })
	}
	d.open(uitest.SampleExchange(2, "text/plain", "other"), TabResponse)
	d.ui(func() { d.save(func([]byte) error { t.Error("it is written"); return nil }, MessageOf(&x, true), true) })
	if d.win.Canvas().Overlays().Top() == nil {
		t.Error("one more than there may be is not refused")
	}
	close(wait)
	d.until("all are saved", func() bool { return d.saves.active == 0 })
}

func TestFileNamesOfExchanges(t *testing.T) {
	for _, c := range []struct {
		path, contentType, codings string
		decode                     bool
		want                       string
	}{
		{"/a/photo.png?x=1", "image/png", "", true, "photo.png"}, {"/v1/users", "application/json", "", true, "users.json"},
		{"/", "text/html", "", true, "body.html"},
		{"/a", "text/html", "gzip", false, "a.html.gz"}, {"/..", "", "", true, "body.bin"}, {"/x\u202egpj.exe", "", "", true, "x_gpj.exe"},
		{`/a\b:c*`, "text/plain", "", true, "a_b_c_.txt"},
		{"/" + strings.Repeat("é", 200) + ".js", "", "", true, strings.Repeat("é", 49) + ".js"}, {"", "odd", "", true, "body.bin"},
	} {
		x := uitest.SampleExchange(1, "", "")
		x.Path = c.path
		x.ResponseHead = []byte("HTTP/1.1 200 OK\r\nContent-Type: " + c.contentType + "\r\nContent-Encoding: " + c.codings + "\r\n\r\n")
		if got := FileName(MessageOf(&x, true), c.decode); got != c.want {
			t.Errorf("%q of %q: %q, want %q", c.path, c.contentType, got, c.want)
		}
	}
}
