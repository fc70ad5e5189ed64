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

// curlWords are the menus' keys, curlNotes those of what differs.
var (
	curlWords = map[export.Shell]string{export.Sh: "details.copy_curl_sh", export.Cmd: "details.copy_curl_cmd",
		export.PowerShell: "details.copy_curl_powershell"}
	curlNotes = map[export.NoteKind]string{
		export.BodyIncomplete: "curl.body_incomplete", export.BodyTooLong: "curl.body_too_long",
		export.BodyUnwritable: "curl.body_unwritable", export.BodyRefused: "curl.body_of_head",
		export.Trailers: "curl.trailers", export.FieldsMalformed: "curl.fields_malformed",
		export.FieldsUnwritable: "curl.fields_unwritable", export.FieldsTooLong: "curl.fields_too_long",
		export.FieldsLength: "curl.fields_length", export.ProxyCredentials: "curl.proxy_credentials",
		export.HeadIncomplete: "curl.head_incomplete",
		export.TargetEncoded:  "curl.target_encoded", export.NoRequest: "curl.no_request", export.CommandTooLong: "curl.command_too_long",
	}
)

// CurlItems offer the command for each shell, this system's first.
func CurlItems(kind flow.Kind, do func(export.Shell)) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	for _, s := range export.Shells(runtime.GOOS) {
		item := fyne.NewMenuItem(i18n.T(curlWords[s]), func() { do(s) })
		item.Disabled = kind == flow.KindTunnel
		items = append(items, item)
	}
	return items
}

// CurlText says what a command leaves out or changes, "" for nothing.
func CurlText(c *export.Copy) string {
	if len(c.Notes) == 0 {
		return ""
	}
	lines := []string{i18n.T("curl.differs")}
	if c.Text == "" {
		lines[0] = i18n.T("curl.none")
	}
	for _, n := range c.Notes {
		text := i18n.T(curlNotes[n.Kind])
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
