package details

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// rawPane shows both heads exactly as they passed, line ends included.
type rawPane struct {
	title  *uiwidget.CutLabel
	search *document.SearchBar
	find   *uiwidget.BarButton
	lines  *document.LineView
	shown  flow.ID
	text   string
	object fyne.CanvasObject
}

func newRawPane(w *document.Worker, copyOut func(func(int) (string, bool))) *rawPane {
	r := &rawPane{title: uiwidget.NewCutLabel(style.ColorMuted), lines: document.NewLineView(copyOut)}
	r.search = document.NewSearchBar(w, r.lines)
	r.find = uiwidget.NewBarButton(theme.SearchIcon(), r.search.Open)
	r.lines.OnFind, r.lines.OnKey = r.search.Open, r.search.Key
	object := uiwidget.NewPage(container.New(uiwidget.TightColumn{}, uiwidget.NewBar(r.title, r.find), r.search.Object),
		uiwidget.NewLowered(r.lines))
	r.object, r.search.Parent = object, object.Refresh
	return r
}

// show puts both heads into view.
func (r *rawPane) show(x *flow.Exchange) {
	text := rawText(x)
	if r.shown == x.ID && r.text == text {
		return
	}
	doc := document.NewTextDoc(context.Background(), text, rawColours)
	same := r.shown == x.ID
	if same {
		r.lines.Replace(doc)
	} else {
		r.lines.Display(doc)
	}
	r.shown, r.text = x.ID, text
	r.search.Changed(same)
}

// rawMark begins the lines that are not part of a head.
const rawMark = "── "

// rawText is all heads under titles. Of an answer that was not passed on there is what
// came, and then what Posthouse said instead.
func rawText(x *flow.Exchange) string {
	var b strings.Builder
	response := i18n.T("details.raw_response")
	if len(x.Unusable) > 0 {
		response = i18n.T("details.raw_own_response")
	}
	for _, part := range []struct {
		title string
		bytes []byte
	}{
		{i18n.T("details.raw_request"), x.RequestHead},
		{i18n.T("details.raw_ruled_request"), x.Ruled.Request},
		{i18n.T("details.raw_request_trailer"), x.RequestTrailer},
		{i18n.T("details.raw_interim"), x.Interim},
		{i18n.T("details.raw_unusable"), x.Unusable},
		{response, x.ResponseHead},
		{i18n.T("details.raw_ruled_response"), x.Ruled.Response},
		{i18n.T("details.raw_response_trailer"), x.ResponseTrailer},
	} {
		if len(part.bytes) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString(rawMark + part.title + " · " + words.SizeText(int64(len(part.bytes))) + "\n")
		b.WriteString(rawLines(part.bytes))
	}
	return b.String()
}

// rawLines shows line ends that are not CR LF, and bytes that are no UTF-8. A line that
// begins as a title does is shown in bytes there.
func rawLines(head []byte) string {
	var b strings.Builder
	for len(head) > 0 {
		full, rest, ended := bytes.Cut(head, []byte("\n"))
		line := full
		if bytes.HasPrefix(line, []byte(rawMark)) {
			fmt.Fprintf(&b, "‹% X›", line[:len(rawMark)-1])
			line = line[len(rawMark)-1:]
		}
		for len(line) > 0 {
			r, size := utf8.DecodeRune(line)
			if r == utf8.RuneError && size == 1 {
				fmt.Fprintf(&b, "‹%02X›", line[0])
			} else {
				b.Write(line[:size])
			}
			line = line[size:]
		}
		if ended && !bytes.HasSuffix(full, []byte("\r")) {
			b.WriteString("‹LF›")
		}
		if head = rest; ended {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// rawColours colours names of fields and the titles.
func rawColours(line string, goesOn bool) []document.Span {
	if goesOn {
		return nil
	}
	if strings.HasPrefix(line, rawMark) {
		return []document.Span{{End: len(line), Color: style.ColorMuted, Bold: true}}
	}
	name, _, ok := strings.Cut(line, ":")
	if !ok || strings.ContainsAny(name, " /") {
		return []document.Span{{End: len(line), Color: "", Bold: true}}
	}
	return []document.Span{document.PlainSpan(len(name)+1, style.ColorKey)}
}

func (r *rawPane) retranslate() {
	r.title.Set(i18n.T("details.raw_hint"))
	r.search.Retranslate()
}
