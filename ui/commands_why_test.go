package ui

import (
	"testing"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/ui/command"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
)

// Each command that cannot be done, with nothing recorded and nothing selected, says why.
func TestWhatCannotBeDoneSaysWhy(t *testing.T) {
	w := openWindow(t, windowOptions{})
	grey := 0
	var visit func(items []command.Item)
	visit = func(items []command.Item) {
		for _, item := range items {
			switch c := item.Command; {
			case item.Menu != nil && item.Menu.Make != nil:
				visit(item.Menu.Make())
			case item.Menu != nil:
				visit(item.Menu.Items)
			case c != nil && c.Enabled != nil && !c.Enabled():
				grey++
				if c.Why == nil || c.Why() == "" {
					t.Errorf("%s is grey and does not say why", c.ID)
				}
			}
		}
	}
	for _, m := range w.commands.table.Menus {
		visit(m.Items)
	}
	if grey < 20 {
		t.Errorf("only %d are grey", grey)
	}
}

// A key that can do nothing says why, and no longer once another did something.
func TestAKeyThatCannotSaysWhy(t *testing.T) {
	w := openWindow(t, windowOptions{})
	star := w.commands.table.Find("star")
	w.commands.table.Run(star)
	if got := w.notices.banner.Text.Text; !w.notices.banner.Object.Visible() || got != i18n.T("cannot.row") {
		t.Errorf("it says %q, hidden: %v", got, !w.notices.banner.Object.Visible())
	}
	uitest.Record(w.controller.Store(), "a.test", "/", 200)
	w.until("the row is there", func() bool { return w.list.Length == 1 })
	w.list.SelectID(1)
	w.commands.table.Run(star)
	if w.notices.banner.Object.Visible() {
		t.Errorf("it still says %q", w.notices.banner.Text.Text)
	}
}

// A tunnel is no request to resend, and is told apart from nothing that is selected.
func TestATunnelIsNamedAsSuch(t *testing.T) {
	w := openWindow(t, windowOptions{})
	resend := w.commands.table.Find("resend")
	if got := resend.Why(); got != i18n.T("cannot.row") {
		t.Errorf("of nothing it says %q", got)
	}
	const head = "CONNECT a.test:443 HTTP/1.1\r\n\r\n"
	id := w.controller.Store().Begin(&capture.Begin{Kind: flow.KindTunnel, Start: time.Now(), Head: []byte(head), Scheme: "http"}).ID()
	w.until("the row is there", func() bool { return w.list.Length == 1 })
	w.list.SelectID(id)
	if got := resend.Why(); resend.Enabled() || got != i18n.T("cannot.tunnel") {
		t.Errorf("of a tunnel it says %q", got)
	}
	w.list.SelectID(0)
	if got := resend.Why(); got != i18n.T("cannot.row") {
		t.Errorf("of nothing again it says %q", got)
	}
}
