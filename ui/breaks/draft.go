package breaks

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"posthouse/app/compose"
	"posthouse/proxy/breakpoints"
	"posthouse/proxy/content"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// draft is what a person makes of one message. It outlives a look at another one.
type draft struct {
	m       *breakpoints.Message
	head    string // as it is edited
	body    string // without its codings
	was     string // the body before it was edited
	coded   bool   // the codings could not be undone: the body is as it came
	why     string // why they could not
	ready   bool   // the body was decoded
	raw     bool   // it is to be sent as it is typed
	answers bool   // an answer is written instead
	answer  [2]string
	wrong   string // what is wrong with it

	heads  [2]compose.Head  // head and that of the answer as the table has them, with what is off
	bodies [2]compose.Draft // likewise the bodies as form and parts
	modes  [2]compose.Mode  // how they are edited
}

// newDraft begins with the message as it came.
func newDraft(m *breakpoints.Message) *draft {
	return &draft{m: m, head: string(m.Head), answer: [2]string{"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", ""}}
}

// table is the head as its table has it; while it is hidden that is an empty one.
func (d *draft) table(hidden bool) *compose.Head {
	switch {
	case hidden:
		return &compose.Head{}
	case d.answers:
		return &d.heads[1]
	}
	return &d.heads[0]
}

// written is the body as its tables have it, and how it is edited.
func (d *draft) written() (*compose.Draft, *compose.Mode) {
	i := 0
	if d.answers {
		i = 1
	}
	return &d.bodies[i], &d.modes[i]
}

// tabled has the tables have a body, and reports whether they can; head says how it is parted.
func tabled(t *compose.Draft, mode compose.Mode, head, body string) bool {
	switch mode {
	case compose.Form:
		if strings.Count(body, "&") >= compose.MaxLines {
			return false
		}
		if string(compose.FormText(t.Body.Pairs)) != body {
			t.Body.Pairs = compose.ParseForm([]byte(body), t.Body.Pairs)
		}
	case compose.InParts:
		_, fields := content.Fields([]byte(head))
		kind := content.Value(fields, "Content-Type")
		have, _ := t.Body.Parts.Bytes()
		if string(have) != body || t.Body.Parts.Boundary != content.Parameters(kind)["boundary"] || body == "" {
			parts, ok := compose.ParseMultipart(kind, []byte(body))
			if ok {
				t.Body.Parts = parts
			}
			return ok
		}
	}
	return true
}

// bestMode is how a body is edited at first: a form and parts in their tables.
func bestMode(head, body string) compose.Mode {
	_, fields := content.Fields([]byte(head))
	mode := compose.Text
	switch kind, _ := content.Declared(content.Value(fields, "Content-Type")); kind {
	case content.Form:
		mode = compose.Form
	case content.Multipart:
		mode = compose.InParts
	}
	if !tabled(new(compose.Draft), mode, head, body) {
		return compose.Text
	}
	return mode
}

// codings are those of a head.
func codings(head string) string {
	_, fields := content.Fields([]byte(head))
	return content.Value(fields, "Content-Encoding")
}

// decode undoes the codings of the body. It may take a while.
func decode(m *breakpoints.Message) (body string, err error) {
	d, err := content.Decode(codings(string(m.Head)), m.Body)
	if err == nil && len(d.Body) > breakpoints.MaxNewBody {
		err = content.ErrLimit
	}
	if err != nil {
		return string(m.Body), err
	}
	return string(d.Body), nil
}

// decoded takes over what decode found.
func (d *draft) decoded(body string, err error) {
	d.body, d.was, d.ready = body, body, true
	if err != nil {
		d.coded, d.why = true, visible.Text(err.Error())
		return
	}
	d.modes[0] = bestMode(string(d.m.Head), body)
}

// edit is what is sent. A new body is coded again as the head says.
func (d *draft) edit() (breakpoints.Edit, error) {
	if d.answers {
		return breakpoints.Edit{Head: []byte(d.answer[0]), Body: []byte(d.answer[1]), NewBody: true}, nil
	}
	e := breakpoints.Edit{Head: []byte(d.head), Raw: d.raw && d.m.CanRaw}
	if !d.ready || d.body == d.was && (d.coded || sameCodings(d)) {
		return e, nil
	}
	e.NewBody, e.Body = true, []byte(d.body)
	if d.coded {
		return e, nil
	}
	body, err := content.Encode(strings.ToLower(codings(d.head)), e.Body, true)
	if err != nil {
		return e, errors.New(i18n.T("breaks.encode", visible.Text(codings(d.head))))
	}
	e.Body = body
	return e, nil
}

// sameCodings reports whether the edited head has the codings that the body came in.
func sameCodings(d *draft) bool { return codings(d.head) == codings(string(d.m.Head)) }

// changed reports whether the message would not go on as it came.
func (d *draft) changed() bool {
	return d.answers || d.head != string(d.m.Head) || d.ready && d.body != d.was
}

// partName is which message of its exchange waits.
func partName(m *breakpoints.Message) string {
	if m.Part == breakpoints.Response {
		return i18n.T("breaks.response")
	}
	return i18n.T("breaks.request")
}

// left is for how long a message still waits; pictures have it stand still.
var left = func(m *breakpoints.Message) string {
	seconds := max(0, int((time.Until(m.Until)+time.Second/2)/time.Second))
	return strconv.Itoa(seconds) + " s"
}

// outcome is what became of a message that waits no longer.
func outcome(m *breakpoints.Message) string {
	switch m.State() {
	case breakpoints.Late:
		return i18n.T("breaks.late")
	case breakpoints.Left:
		return i18n.T("breaks.left")
	case breakpoints.Aborted:
		return i18n.T("breaks.aborted")
	}
	return i18n.T("breaks.gone")
}

// problem is what is wrong with an edit, in the window's language.
func problem(err error) string {
	var bad *breakpoints.Unsendable
	switch {
	case errors.As(err, &bad):
		return i18n.T("breaks.unsendable", visible.Text(words.Reason(bad.Why)))
	case errors.Is(err, breakpoints.ErrFull):
		return i18n.T("breaks.full")
	case errors.Is(err, breakpoints.ErrDecided):
		return i18n.T("breaks.decided")
	}
	return visible.Text(err.Error())
}
