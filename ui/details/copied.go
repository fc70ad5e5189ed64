package details

import (
	"fmt"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// Pasteable shows what a terminal would act on when it is pasted, and nobody sees
// before: controls but for line ends and tabs, and bytes that are no UTF-8, which
// may become some.
func Pasteable(text string) string {
	at := strings.IndexFunc(text, hidden)
	if at < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text) + 64)
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `‹\x%02X›`, text[0])
		case r == '\r' && !strings.HasPrefix(text, "\r\n"), hidden(r) && r != '\r' && r != utf8.RuneError:
			b.WriteString(visible.Rune(r))
		default:
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// hidden is quick and sees a little too much: pasteable looks again.
func hidden(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t'
}

// URLText is a URL as it can be pasted: in one line, with all that does not print
// percent-encoded, as a browser has it (RFC 3986 section 2.1).
func URLText(r *flow.Row) string {
	text := r.URL()
	var b strings.Builder
	for text != "" {
		c, n := utf8.DecodeRuneInString(text)
		if c != utf8.RuneError && unicode.IsPrint(c) && c != ' ' {
			b.WriteString(text[:n])
		} else {
			for _, raw := range []byte(text[:n]) {
				fmt.Fprintf(&b, "%%%02X", raw)
			}
		}
		text = text[n:]
	}
	return b.String()
}

// noteWords are the keys of what a copy leaves out or changes.
var noteWords = map[export.NoteKind]string{
	export.BodyIncomplete: "copied.body_incomplete", export.BodyTooLong: "copied.body_too_long",
	export.BodyUnwritable: "copied.body_unwritable", export.BodyNotText: "copied.body_not_text",
	export.BodyRefused: "copied.body_refused", export.Trailers: "copied.trailers",
	export.FieldsMalformed: "copied.fields_malformed", export.FieldsUnwritable: "copied.fields_unwritable",
	export.FieldsTooLong: "copied.fields_too_long", export.FieldsLength: "copied.fields_length",
	export.FieldsRefused: "copied.fields_refused", export.FieldsJoined: "copied.fields_joined",
	export.FieldsAdded: "copied.fields_added", export.ProxyCredentials: "copied.proxy_credentials",
	export.HeadIncomplete: "copied.head_incomplete", export.TargetEncoded: "copied.target_encoded",
	export.TargetChanged: "copied.target_changed", export.NoRequest: "copied.no_request",
	export.CommandTooLong: "copied.command_too_long", export.SomeLeftOut: "copied.some_left_out",
	export.ManyTooLong: "copied.many_too_long",
}

// FormName is the key of a form's name.
func FormName(f export.Form) string { return "command.copy." + f.String() }

// CopyAsItems offer every form, this system's first one by itself.
func CopyAsItems(kind flow.Kind, do func(export.Form)) []*fyne.MenuItem {
	tunnel := kind == flow.KindTunnel
	var all []*fyne.MenuItem
	for _, f := range export.Forms(runtime.GOOS) {
		item := fyne.NewMenuItem(i18n.T(FormName(f)), func() { do(f) })
		item.Disabled = tunnel && !f.OfTunnel()
		all = append(all, item)
	}
	first := export.Forms(runtime.GOOS)[0]
	one := fyne.NewMenuItem(i18n.T("copied.as", i18n.T(FormName(first))), func() { do(first) })
	one.Disabled = tunnel
	others := fyne.NewMenuItem(i18n.T("menu.copy"), nil)
	others.ChildMenu = fyne.NewMenu("", all...)
	return []*fyne.MenuItem{one, others}
}

// CopiedText says what a copy leaves out or changes, "" for nothing.
func CopiedText(c *export.Copy) string {
	if len(c.Notes) == 0 {
		return ""
	}
	lines := []string{i18n.T("copied.differs")}
	if c.Text == "" {
		lines[0] = i18n.T("copied.none")
	}
	for _, n := range c.Notes {
		text := i18n.T(noteWords[n.Kind])
		if n.Kind == export.ManyTooLong {
			text = i18n.T(noteWords[n.Kind], words.SizeText(export.MaxText))
		}
		if len(n.Fields) > 0 {
			text += " " + fieldNames(n.Fields)
		}
		lines = append(lines, "• "+text)
	}
	return strings.Join(lines, "\n")
}

// fieldNames is a few names of fields, each of which may be anything.
func fieldNames(names []string) string {
	const most, longest = 5, 40
	var shown []string
	for i, name := range names {
		if i == most {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, words.ShortText(words.VisibleText(name), longest))
	}
	return strings.Join(shown, ", ")
}
