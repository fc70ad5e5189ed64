package ui

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// Ctrl+Enter sends the selected request again: the new row is marked as ours and says what it
// was made from, and the notice leads there. What is no longer whole is not sent.
func TestResendFromTheList(t *testing.T) {
	asked := make(chan string, 4)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Method + " " + r.URL.Path }))
	t.Cleanup(server.Close)
	w := openWindow(t, windowOptions{})
	host, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	m := outgoing.Message{Scheme: "http", Host: host, Head: []byte("GET /again HTTP/1.1\r\nHost: a\r\n\r\n")}
	for _, c := range port {
		m.Port = 10*m.Port + uint16(c-'0')
	}
	sent, err := w.controller.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	sent.Wait()
	<-asked
	w.until("the row is shown", func() bool { return w.last.Total == 1 })
	w.list.SelectID(sent.ID())
	w.key(fyne.KeyReturn, fyne.KeyModifierControl)
	w.until("the notice says so", func() bool { return strings.Contains(w.said(), i18n.T("resend.sent.one")) })
	if got := <-asked; got != "GET /again" {
		t.Errorf("the server was asked %q", got)
	}
	w.until("the new row is shown", func() bool { return w.last.Total == 2 })
	row, _ := w.tiers.Row(sent.ID() + 1)
	if !row.Own || row.From != sent.ID() || words.MethodText(&row, row.Start) != "» GET" || w.list.Selected != sent.ID() {
		t.Errorf("the row is %+v, selected is %d", row, w.list.Selected)
	}
	test.Tap(w.notices.banner.Remedy)
	if w.list.Selected != row.ID {
		t.Errorf("the notice leads to %d", w.list.Selected)
	}
	for _, item := range w.rows.rowItems(row.ID, &row).Items {
		if item.Label == i18n.T("row.from", "1") {
			item.Action()
		}
	}
	if w.list.Selected != sent.ID() {
		t.Errorf("the row's menu leads to %d", w.list.Selected)
	}
	w.filter.set("from:1 is:resent")
	w.until("the filter finds it", func() bool { return w.list.Length == 1 && w.model.At(0) == row.ID })
}

// What is missing of a request is said, and nothing is sent in its place.
func TestResendSaysWhatIsMissing(t *testing.T) {
	w := openWindow(t, windowOptions{})
	var r resent
	row := flow.Row{Kind: flow.KindHTTP, Method: "POST", Scheme: "http", Host: "a", Path: "/"}
	w.rows.resends.sendOne(&flow.Exchange{Row: row,
		RequestHead: []byte("POST http://a/ HTTP/1.1\r\n\r\n"),
		RequestBody: flow.Body{State: flow.BodyCut, Size: 10, Bytes: []byte("x")}}, &r)
	if w.rows.resends.told(&r); r.sent != 0 || !strings.Contains(w.said(), "of 10") {
		t.Errorf("it says %q", w.said())
	}
	w.rows.resends.resend(make([]flow.ID, maxResends+1))
	if !strings.Contains(w.said(), i18n.T("resend.many", "100")) {
		t.Errorf("of too many it says %q", w.said())
	}
	w.rows.resends.resend(make([]flow.ID, askResends+1))
	if !w.covered() || !strings.Contains(w.overlayTexts(), i18n.T("resend.ask", "21")) {
		t.Errorf("of many it asks nothing")
	}
}
