package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/proxy/capture"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/details"
	"posthouse/ui/uitest"
)

// The secrets of secretRow.
const secretQuery, secretCookie, secretMember = "Qq11query", "Cc22cookie", "Mm33member"

// secretRow puts an exchange into a store that has a secret in each place.
func secretRow(s *capture.Store) {
	const head = "POST http://a.test/x?token=" + secretQuery + " HTTP/1.1\r\nHost: a.test\r\nCookie: sid=" + secretCookie +
		"\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n"
	at := func(word string) capture.Span {
		return capture.Span{Off: uint32(strings.Index(head, word)), Len: uint32(len(word))}
	}
	r := s.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: time.Now(), Head: []byte(head), Scheme: "http",
		Method: at("POST"), Host: at("a.test"), Path: at("/x?token=" + secretQuery), Proto: at("HTTP/1.1")})
	r.RequestBody([]byte(`{"password":"` + secretMember + `"}`))
	answer := "HTTP/1.1 200 OK\r\nSet-Cookie: sid=" + secretCookie + "\r\n\r\n"
	r.ResponseHead(200, []byte(answer), capture.Span{}, time.Now())
	r.Finish(flow.FailureNone, flow.Reason{}, 200, time.Now())
}

// leaks are the secrets in a text.
func leaks(text string) (all []string) {
	for _, secret := range []string{secretQuery, secretCookie, secretMember} {
		if strings.Contains(text, secret) {
			all = append(all, secret)
		}
	}
	return all
}

// While secrets are hidden none is seen in the list and the details, on whatever tab, none gets
// onto the clipboard, and the status bar says so. Afterwards all is as it was.
func TestHiddenSecretsAreNotSeen(t *testing.T) {
	w := openWindow(t, windowOptions{})
	secretRow(w.controller.Store())
	w.until("the row is there", func() bool { return w.model.Len() == 1 })
	w.list.SelectID(1)
	seen := func() string {
		return strings.Join(uitest.Texts(w.win.Content()), "\n") + uitest.Words(w.win.Content())
	}
	shown := func(tab int, word string) {
		t.Helper()
		w.details.Tabs.Choose(tab)
		w.until(word+" is seen", func() bool { return w.details.Exchange != nil && strings.Contains(seen(), word) })
	}
	shown(details.TabOverview, secretQuery)
	shown(1, secretMember) // the request
	shown(1, secretCookie)

	w.key(fyne.KeyH, ctrl|fyne.KeyModifierShift)
	if !w.secrets.hidden() || !w.status.secrets.Visible() || !w.memory.HideSecrets {
		t.Fatal("the key does not hide them")
	}
	for tab := range 5 {
		w.details.Tabs.Choose(tab)
		w.until("the tab is drawn", func() bool { return w.details.Exchange != nil && (tab != 1 || strings.Contains(seen(), `"‹secret`)) })
		if left := leaks(seen()); len(left) > 0 {
			t.Errorf("tab %d shows %v", tab, left)
		}
	}
	if text := seen(); !strings.Contains(text, "/x?token=‹secret+1›") {
		t.Errorf("the list does not show the placeholder: %s", text)
	}
	row, _ := w.controller.Store().Row(1)
	menu := w.rows.rowItems(1, &row)
	items := append(menu.Items, uitest.Item(t, menu, "Copy as").ChildMenu.Items...)
	items = append(items, w.details.CopyItems(w.details.Exchange).Items...)
	for _, form := range export.Forms("linux") {
		items = append(items, fyne.NewMenuItem("Copy as "+form.String(), func() { w.rows.copyRows([]flow.ID{1}, form) }))
	}
	for _, item := range items {
		if item.Action == nil || item.Disabled || !strings.HasPrefix(item.Label, "Copy") && !strings.Contains(item.Label, "head") {
			continue
		}
		w.app.Clipboard().SetContent("")
		item.Action()
		w.until(item.Label+" copies", func() bool { return w.app.Clipboard().Content() != "" })
		if left := leaks(w.app.Clipboard().Content()); len(left) > 0 {
			t.Errorf("%s copies %v: %s", item.Label, left, w.app.Clipboard().Content())
		}
	}

	w.status.secrets.Tapped(nil)
	if w.secrets.hidden() || w.status.secrets.Visible() || w.memory.HideSecrets {
		t.Error("a click on the sign does not show them again")
	}
	shown(1, secretMember)
	if !strings.Contains(seen(), secretQuery) {
		t.Error("the list still hides it")
	}
}

// A window that was left with secrets hidden opens so, and names in the settings count.
func TestHiddenSecretsAreRemembered(t *testing.T) {
	state := t.TempDir() + "/window.json"
	w := openWindow(t, windowOptions{state: state})
	w.secrets.set(true)
	again := openWindow(t, windowOptions{state: state})
	if !again.secrets.hidden() || !again.status.secrets.Visible() {
		t.Error("it shows them")
	}
	s := again.controller.Settings()
	s.Share.Secrets = []string{"x"}
	row := flow.Row{Scheme: "http", Host: "a.test", Path: "/?x=1"}
	if got := again.secrets.mask(&row).Path; got != "/?x=1" {
		t.Error(got)
	}
	if err := again.controller.Apply(s); err != nil {
		t.Fatal(err)
	}
	again.followController()
	if got := again.secrets.mask(&row).Path; got != "/?x=‹secret+1›" {
		t.Error(got)
	}
}

// A row tells its sizes roughly while secrets are hidden: its body's, less what is shown of that,
// would be the length of a secret.
func TestHiddenSecretsDoNotTellTheirLength(t *testing.T) {
	s := secrets{}
	row := flow.Row{Method: "POST", RequestSize: 420, ResponseSize: 1025}
	s.hide(true, nil)
	if got := s.mask(&row); got.RequestSize != 1024 || got.ResponseSize != 2048 || row.RequestSize != 420 {
		t.Errorf("%d and %d", got.RequestSize, got.ResponseSize)
	}
	if got := s.mask(&flow.Row{}); got.RequestSize != 0 {
		t.Errorf("nothing is %d", got.RequestSize)
	}
	s.hide(false, nil)
	if got := s.mask(&row); got != row {
		t.Errorf("%+v", got)
	}
}
