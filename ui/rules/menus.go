package rules

import (
	"fyne.io/fyne/v2"

	"posthouse/ui/i18n"
)

// Templates are rules to begin with. Word is a key of the catalogues.
var Templates = []struct{ Word, Text string }{
	{"rules.template.answer", "[[rule]]\nname = \"\"\nwhen = \"host:example.com path:/users\"\nanswer = { status = 200, type = " +
		"\"application/json\", text = '[]' }\n"},
	{"rules.template.file", "[[rule]]\nname = \"\"\nwhen = \"host:example.com path:/users\"\nanswer = { file = \"users.json\", " +
		"missing = \"pass\" } # or error\n"},
	{"rules.template.folder", "[[rule]]\nname = \"\"\nwhen = \"host:example.com path:/app\"\nanswer = { folder = \"site\", under = " +
		"\"/app\", missing = \"pass\" } # or error\n"},
	{"rules.template.request", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\nrequest.set = [\"X-Debug: 1\"]\nrequest.remove = " +
		"[\"Cookie\"]\n"},
	{"rules.template.response", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\nresponse.set = [\"Cache-Control: no-store\"]\n"},
	{"rules.template.delay", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\ndelay = { response = \"2s\" }\n"},
	{"rules.template.body", "[[rule]]\nname = \"\"\nwhen = \"host:example.com type:json\"\nresponse.body = { replace = [{ find = " +
		"\"old\", with = \"new\" }] }\n"},
	{"rules.template.throttle", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\nthrottle = { preset = \"3G\" }\n"},
	{"rules.template.block", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\nblock = \"403\" # or reset, close, hang\n"},
	{"rules.template.break", "[[rule]]\nname = \"\"\nwhen = \"host:example.com\"\nbreak = \"request\" # or response, both\n"},
	{"rules.template.mark", "[[rule]]\nname = \"\"\nwhen = \"status:5xx\"\nmark = \"red\"\n"},
}

func templateMenu(r *Room) *fyne.Menu {
	menu := fyne.NewMenu("")
	for _, t := range Templates {
		menu.Items = append(menu.Items, fyne.NewMenuItem(i18n.T(t.Word), func() { r.Begin(t.Text) }))
	}
	return menu
}

// moreMenu is what else can be done with the rule that is chosen, and with all.
func moreMenu(r *Room) *fyne.Menu {
	item := func(word string, can bool, do func()) *fyne.MenuItem {
		i := fyne.NewMenuItem(i18n.T(word), do)
		i.Disabled = !can
		return i
	}
	one := r.at >= 0 && r.head < 0
	return fyne.NewMenu("", item("rules.duplicate", one, r.Duplicate), item("rules.folder", one, func() { askFolder(r) }),
		item("rules.redo", len(r.edits.undone) > 0, func() { r.undo(true) }), fyne.NewMenuItemSeparator(),
		item("rules.import", true, func() { openImport(r) }), item("rules.export", len(r.blocks) > 0, func() { saveRulesAs(r) }))
}
