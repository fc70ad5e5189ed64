package ui

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	draft "posthouse/app/compose"
	"posthouse/app/groups"
	"posthouse/app/repeat"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
)

// A group is made of the rows that are selected, runs through the engine with the value that
// its first answer gives, and is kept.
func TestAGroupOfSelectedRows(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.Path)
		_ = json.NewEncoder(w).Encode(map[string]int{"id": 40 + len(asked)})
	}))
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "groups.json")
	w := openWindow(t, windowOptions{groups: path})
	for _, target := range []string{"/new", "/of/{{id}}"} {
		d := draft.New()
		if err := d.SetURL(server.URL + target); err != nil {
			t.Fatal(err)
		}
		m, _, err := d.Message()
		if err != nil {
			t.Fatal(err)
		}
		sending, err := w.controller.Send(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		sending.Wait()
	}
	w.until("the rows are shown", func() bool { return w.last.Total == 2 })
	w.list.SelectAll()
	w.key(fyne.KeyG, ctrl|fyne.KeyModifierAlt)
	w.until("the room is open", w.covered)
	if text := w.overlayTexts(); !strings.Contains(text, "/new") || !strings.Contains(text, "not known: id") {
		t.Fatalf("the room has %s", text)
	}
	w.leaveDialog()
	w.until("it is kept", func() bool {
		k, err := groups.Load(path)
		return err == nil && len(k.Groups) == 1 && len(k.Groups[0].Steps) == 2
	})
	k, _ := groups.Load(path)
	g := k.Groups[0]
	g.Steps[0].Takes = []repeat.Take{{Name: "id", At: "$.id"}}
	plan, files, _, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = files.Close() }()
	all, err := repeat.RunGroup(t.Context(), w.controller, w.controller.Exchanges(), plan, nil)
	mu.Lock()
	defer mu.Unlock()
	if err != nil || len(all) != 2 || asked[len(asked)-1] != "/of/43" {
		t.Errorf("it asked %q, %v", asked, err)
	}
}

// What is missing of a row is said, and the others are in the group.
func TestAGroupWithoutWhatIsGone(t *testing.T) {
	w := openWindow(t, windowOptions{})
	var got []*draft.Draft
	w.rooms.draftsOf([]flow.ID{99}, func(d []*draft.Draft) { got = d })
	w.until("it is said", func() bool { return w.covered() && strings.Contains(w.overlayTexts(), "#99") })
	if got != nil {
		t.Errorf("there are %d requests", len(got))
	}
}

// While secrets are hidden none is in what is said of a request that cannot be sent.
func TestWhatCannotBeSentIsNamedWithoutSecrets(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	w := openWindow(t, windowOptions{})
	w.secrets.set(true)
	var r resent
	row := flow.Row{Kind: flow.KindHTTP, Method: "POST", Scheme: "http", Host: "a.test", Path: "/?access_token=" + secret}
	x := flow.Exchange{Row: row, RequestHead: []byte("POST http://a/ HTTP/1.1\r\n\r\n"),
		RequestBody: flow.Body{State: flow.BodyCut, Size: 10, Bytes: []byte("x")}}
	w.rows.resends.sendOne(&x, &r)
	if w.rows.resends.told(&r); !strings.Contains(w.said(), "POST http://a.test/") || strings.Contains(w.said(), secret) {
		t.Errorf("it says %q", w.said())
	}
	head := "GET http://a.test" + row.Path + " HTTP/1.1\r\n\r\n"
	id := w.controller.Store().Begin(&capture.Begin{Kind: flow.KindTunnel, Start: time.Now(), Head: []byte(head), Scheme: "http",
		Method: capture.Span{Len: 3}, Host: capture.Span{Off: 11, Len: 6}, Path: capture.Span{Off: 17, Len: uint32(len(row.Path))}}).ID()
	w.rooms.draftsOf([]flow.ID{id}, func([]*draft.Draft) { t.Error("a tunnel is in a group") })
	w.until("it is said", func() bool { return w.covered() && strings.Contains(w.overlayTexts(), "GET http://a.test/") })
	if text := w.overlayTexts(); strings.Contains(text, secret) {
		t.Errorf("it says %q", text)
	}
}
