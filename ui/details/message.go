package details

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
)

// messagePane is the page of the request or the response: the head as a table
// on the left, the body on the right, or below it where the page is narrow. Without
// a body the head has the whole page.
type messagePane struct {
	details  *Details
	response bool

	shown  flow.ID         // whose head and body are in view
	went   bool            // as they went on
	head   string          // the head in view, to notice a change
	bodyOf document.Choice // how the body in view is shown
	lang   string          // in which its titles are

	title  *uiwidget.CutLabel
	fields *document.LineView
	body   *bodyPane
	hint   *widget.Label // where there is no head
	left   fyne.CanvasObject
	split  *uiwidget.TurningSplit
	stack  *fyne.Container // of left or split

	versions *versions
	object   *fyne.Container
}

// roomForBody is the width from which the body stands beside the head.
const roomForBody = 600

func newMessagePane(d *Details, response bool) *messagePane {
	m := &messagePane{details: d, response: response, title: uiwidget.NewCutLabel(style.ColorMuted),
		fields: document.NewLineView(d.copyOut), hint: widget.NewLabel("")}
	m.fields.Menu = m.fieldMenu
	m.body = newBodyPane(d.worker, d.copyOut, d.loadNow)
	m.hint.Wrapping = fyne.TextWrapWord
	m.left = uiwidget.NewPage(uiwidget.NewBar(m.title), container.NewStack(uiwidget.NewLowered(m.fields), m.hint))
	m.split = uiwidget.NewTurningSplit(m.left, m.body.object, roomForBody)
	m.split.SetOffsets(0.35, 0.4)
	m.split.SetWanted(true)
	m.stack = container.NewStack(m.split.Object)
	m.versions = newVersions(d, func() {
		d.render(d.Exchange, nil)
		d.loadNow()
	})
	m.object = uiwidget.NewPage(m.versions.object, m.stack)
	return m
}

// show puts a message into view; a body of nil leaves the one in view if it is
// this exchange's.
func (m *messagePane) show(x *flow.Exchange, body *document.Prepared) {
	msg := inSight(m.details, x, m.response)
	known := m.shown == x.ID
	same := known && m.went == msg.went
	m.shown, m.went = x.ID, msg.went
	if m.versions.show(x, m.response) {
		m.object.Refresh()
	}
	m.showHead(msg, same)
	m.showBodySide(hasBody(msg))
	if !known {
		m.body.choice, m.bodyOf = document.Choice{}, document.Choice{}
	}
	switch {
	case body != nil:
		old := m.body.shown
		newer := same && m.bodyOf == m.body.choice && old != nil && old.Doc != nil && body.Doc != nil
		m.bodyOf = m.body.choice
		m.body.show(body, newer)
	case !known:
		m.body.clear()
	}
}

// forget lets go of what is shown, which may be large.
func (m *messagePane) forget() {
	if m.shown != 0 {
		m.shown, m.head = 0, ""
		m.body.clear()
		m.fields.Display(nil)
	}
}

// hasBody reports whether there is something to show or to say of a body.
func hasBody(m message) bool {
	return m.body.Size > 0 || len(m.body.Bytes) > 0
}

func (m *messagePane) showBodySide(on bool) {
	want := m.left
	if on {
		want = m.split.Object
	}
	if m.stack.Objects[0] == want {
		return
	}
	m.stack.Objects = []fyne.CanvasObject{want}
	m.stack.Refresh()
}

func (m *messagePane) showHead(msg message, same bool) {
	if head := string(msg.head) + string(msg.trailer); !same || head != m.head || m.lang != i18n.Lang() {
		m.head, m.lang = head, i18n.Lang()
		doc, count := guardedHead(msg)
		if same {
			m.fields.Replace(doc)
		} else {
			m.fields.Display(doc)
		}
		title := i18n.T("details.headers")
		if count > 0 {
			title = i18n.T("details.headers_count", count)
		}
		m.title.Set(title)
	}
	uiwidget.SetShown(m.hint, len(msg.head) == 0)
	if len(msg.head) == 0 {
		if text := noHeadText(msg); text != m.hint.Text {
			m.hint.SetText(text)
		}
	}
}

// noHeadText says why there is no head.
func noHeadText(m message) string {
	x := m.exchange
	switch {
	case x.Kind == flow.KindTunnel && m.response && (x.TLS.Outcome == flow.TLSDecrypted || x.TLS.Outcome == flow.TLSBadCertificate):
		return i18n.T("details.no_head_opened")
	case x.Kind == flow.KindTunnel && m.response && x.TLS.Outcome == flow.TLSPlain:
		return i18n.T("details.no_head_plain")
	case x.Kind == flow.KindTunnel && m.response:
		return i18n.T("details.no_head_tunnel")
	case m.response && x.Phase == flow.PhaseFailed:
		return i18n.T("details.no_head_failed")
	case m.response && !x.Phase.Final():
		return i18n.T("details.no_head_yet")
	}
	return i18n.T("details.no_head")
}

// guardedHead is headDoc, and the bare head where its bytes break a reader.
func guardedHead(m message) (doc *document.FieldsDoc, count int) {
	defer func() {
		if recover() != nil {
			doc, count = &document.FieldsDoc{}, 0
			doc.Add(document.RowText, "", string(m.head))
		}
	}()
	return headDoc(m)
}

// headDoc is a head as a table, and what can be read out of it. count is the
// number of its fields.
func headDoc(m message) (doc *document.FieldsDoc, count int) {
	doc = &document.FieldsDoc{}
	if len(m.head) == 0 {
		return doc, 0
	}
	start, fields := content.Fields(m.head)
	doc.Add(document.RowStart, start, "")
	for _, f := range fields {
		doc.Add(document.RowField, f.Name, f.Value)
	}
	if !m.response {
		if _, query, ok := strings.Cut(m.exchange.Path, "?"); ok {
			parameters, _ := content.FormFields(query, "")
			doc.Section(i18n.T("details.query"), parameters)
		}
	}
	doc.Section(i18n.T("details.cookies"), cookies(fields, m.response))
	if len(m.trailer) > 0 {
		_, trailer := content.Fields(append([]byte("\n"), m.trailer...))
		doc.Section(i18n.T("details.trailer"), trailer)
	}
	if m.response && len(m.exchange.Interim) > 0 {
		doc.Section(i18n.T("details.interim"), interimFields(m.exchange.Interim))
	}
	return doc, len(fields)
}

// cookies are those of all Cookie fields (RFC 6265 section 4.2.1), or of all
// Set-Cookie fields with their attributes.
func cookies(fields []content.Field, response bool) []content.Field {
	var all []content.Field
	for _, f := range fields {
		switch {
		case response && strings.EqualFold(f.Name, "Set-Cookie"):
			name, value, _ := strings.Cut(f.Value, "=")
			all = append(all, content.Field{Name: name, Value: value})
		case !response && strings.EqualFold(f.Name, "Cookie"):
			for pair := range strings.SplitSeq(f.Value, ";") {
				if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); name != "" {
					all = append(all, content.Field{Name: name, Value: value})
				}
			}
		}
	}
	return all
}

// interimFields lists 1xx heads: their start-lines and fields.
func interimFields(heads []byte) []content.Field {
	var all []content.Field
	for head := range strings.SplitSeq(strings.ReplaceAll(string(heads), "\r\n", "\n"), "\n\n") {
		if strings.TrimSpace(head) == "" {
			continue
		}
		start, fields := content.Fields([]byte(head))
		version, status, _ := strings.Cut(start, " ")
		all = append(all, content.Field{Name: version, Value: status})
		all = append(all, fields...)
	}
	return all
}

// fieldMenu adds copying one field to the context menu.
func (m *messagePane) fieldMenu(at document.Pos, _ bool) []*fyne.MenuItem {
	doc, ok := m.fields.Port.Doc.(*document.FieldsDoc)
	if !ok {
		return nil
	}
	name, value, ok := doc.Whole(at.Line)
	if !ok {
		return nil
	}
	return []*fyne.MenuItem{
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(i18n.T("details.copy_value"), func() { m.details.deps.Copy(value) }),
		fyne.NewMenuItem(i18n.T("details.copy_field"), func() { m.details.deps.Copy(name + ": " + value) }),
	}
}
