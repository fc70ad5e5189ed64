package ui

import (
	"strings"
	"testing"

	"posthouse/proxy/flow"
)

// A name that would turn itself round is seen as what it is in menus and messages.
func TestForeignTextIsSeenAsItIs(t *testing.T) {
	const host, safeHost = "a\u200b\xff.test", `a‹U+200B›‹\xFF›.test`
	w := openWindow(t, windowOptions{})
	items := append(w.rows.scopeItems("host:=", host), w.rows.decryptMenu(&flow.Row{ID: 1, Scheme: "https", Host: host})...)
	for _, item := range items {
		if strings.ContainsAny(item.Label, "\u200b") || strings.Contains(item.Label, "\xff") {
			t.Errorf("a menu says %q", item.Label)
		}
	}
	w.notices.banner.Show("x", "no such host "+host, "", nil)
	if !strings.Contains(w.notices.banner.Text.Text, safeHost) {
		t.Errorf("the banner says %q", w.notices.banner.Text.Text)
	}
}
