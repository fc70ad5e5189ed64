package command

import (
	"slices"
	"strings"
	"testing"
)

func (w *world) finds(query string) (ids []string) {
	for _, c := range find(w.candidates(), query) {
		ids = append(ids, c.command.ID)
	}
	return ids
}

// Any part of the words of a name and of its menus finds a command, in the language
// in force and in English.
func TestCommandsAreFoundByTheirWords(t *testing.T) {
	for _, c := range []struct{ lang, query, want string }{
		{"en", "rec", "recording"},
		{"en", "REC", "recording"},
		{"en", "ecord", "recording"},
		{"en", "proxy", "proxy recording"}, // the name first, then the menu
		{"en", "proxy rec", "recording"},
		{"en", "copy url", "copy.url copy.curl"}, // of cURL it is a part
		{"en", "url copy", "copy.url copy.curl"},
		{"en", "theme dark", "theme.dark"},
		{"en", "browser fire", "browser.Firefox"},
		{"en", "nothing of that", ""},
		{"en", "文件", ""},
		{"zh-Hans", "记录", "recording"},
		{"zh-Hans", "recording", "recording"},
		{"zh-Hans", "代理 recording", "recording"}, // both at once
		{"zh-Hans", "外观 深", "theme.dark"},
		{"zh-Hans", "chrom", "browser.Chromium"},
		{"en", "capture", "proxy recording"}, // what other programs call it
		{"en", "dark mode", "theme.dark"},
		{"en", "dark kin", ""}, // of other words, such as skin, the beginning is asked for
		{"zh-Hans", "抓包", "proxy recording"},
		{"zh-Hans", "肤", "theme.system theme.light theme.dark"}, // in Chinese any part
		{"zh-Hans", "sniff", "recording"},
		{"zh-Hans", "czfz", ""},
		{"zh-Hans", "jl", "recording"}, // 记录
		{"zh-Hans", "lz", "recording"}, // 录制, another word for it
		{"en", "jl", ""},
	} {
		t.Run(c.lang+" "+c.query, func(t *testing.T) {
			if got := newWorld(t, c.lang).finds(c.query); !slices.Equal(got, strings.Fields(c.want)) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// Without a query all commands are there but the palette's own; those that can be
// done stand first.
func TestEverythingIsOfferedAtFirst(t *testing.T) {
	w := newWorld(t, "en")
	all := w.finds("  ")
	if len(all) != 13 || slices.Contains(all, PaletteID) {
		t.Errorf("offered: %q", all)
	}
	if last := all[len(all)-3:]; !slices.Equal(last, []string{"save", "copy.url", "copy.curl"}) {
		t.Errorf("at the end stand %q", last)
	}
	if got := w.finds(strings.Repeat("x", 1<<20)); got != nil {
		t.Errorf("a very long query finds %q", got)
	}
}

func TestWordsBegin(t *testing.T) {
	for text, want := range map[string]bool{"open a browser": true, "browser": true, "(browser)": true, "mybrowser": false,
		"mybrowser browser": true, "": false, "bro": false} {
		if got := beginsWord(text, "browser"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
