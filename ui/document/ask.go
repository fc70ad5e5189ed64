package document

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/content"
	"posthouse/proxy/content/jsonquery"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// AskBar asks a body of JSON in jq or JSONPath, and shows what comes of it in the lines
// instead of the body. It is hidden until it is opened.
type AskBar struct {
	worker *Worker
	lines  *LineView
	body   *TextDoc // of JSON; nil where the body is none
	asked  bool     // the lines show an answer
	result result

	Entry  *searchEntry
	Said   *uiwidget.CutLabel
	Object *fyne.Container
	Parent func() // lays out what the bar stands in
	Shown  func() // after the lines show something else
}

// result is what came of a question.
type result struct {
	answer jsonquery.Answer
	err    error
	there  bool
}

// NewAskBar makes the bar that asks what a view shows.
func NewAskBar(w *Worker, lines *LineView) *AskBar {
	a := &AskBar{worker: w, lines: lines, Entry: &searchEntry{toggle: func() {}}, Said: uiwidget.NewCutLabel(style.ColorMuted),
		Parent: func() {}, Shown: func() {}}
	a.Said.Stiff = true
	a.Entry.ExtendBaseWidget(a.Entry)
	a.Entry.key = a.entryKey
	a.Entry.OnChanged = func(string) {
		if a.body != nil && len(a.body.text) <= askAsTyped {
			a.ask()
		}
	}
	buttons := container.NewHBox(container.NewCenter(a.Said), uiwidget.NewBarButton(theme.CancelIcon(), a.close))
	a.Object = container.NewBorder(nil, nil, nil, buttons, a.Entry)
	a.Object.Hide()
	return a
}

// askAsTyped is the size up to which a body is asked while a question is typed, in bytes; a
// larger one is asked with Enter.
const askAsTyped = 1 << 20

// Can reports whether there is something to ask.
func (a *AskBar) Can() bool { return a.body != nil }

// Open shows the bar with the focus in it.
func (a *AskBar) Open() {
	if !a.Can() {
		return
	}
	a.Object.Show()
	a.Parent()
	a.Retranslate()
	a.focus(a.Entry)
	a.ask()
}

func (a *AskBar) close() {
	a.Object.Hide()
	a.Parent()
	a.back()
	a.focus(a.lines)
}

func (a *AskBar) focus(o fyne.Focusable) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(a.lines); c != nil {
		c.Focus(o)
	}
}

// back shows the body again.
func (a *AskBar) back() {
	a.worker.Cancel(TaskAsk)
	a.result = result{}
	if a.asked && a.body != nil {
		a.lines.Display(a.body)
		a.Shown()
	}
	a.asked = false
	a.Retranslate()
}

// Changed says that the lines show another body, or a newer state of the same.
func (a *AskBar) Changed(p *Prepared) {
	doc, text := p.Doc.(*TextDoc)
	if a.body, a.asked = nil, false; text && p.kind == content.JSON {
		a.body = doc
	}
	switch {
	case !a.Object.Visible():
	case a.body == nil:
		a.worker.Cancel(TaskAsk)
		a.Object.Hide()
		a.Parent()
	default:
		a.ask()
	}
}

// ask has the worker ask.
func (a *AskBar) ask() {
	source, body := a.Entry.Text, a.body
	if source == "" || body == nil {
		a.back()
		return
	}
	a.worker.Post(TaskAsk, func(ctx context.Context) {
		text := body.text
		if _, value, _, ok := content.UnwrapJSON(text, true); ok {
			text = value
		}
		answer, err := jsonquery.Run(ctx, source, text)
		doc := NewTextDoc(ctx, answer.Text, jsonColours)
		a.worker.HandOver(ctx, func() {
			if a.body == body && a.Entry.Text == source && a.Object.Visible() {
				a.take(result{answer, err, true}, doc)
			}
		})
	})
}

// take shows an answer; where there is none, the last one stays.
func (a *AskBar) take(r result, doc *TextDoc) {
	if a.result = r; r.err == nil || r.answer.Results > 0 {
		a.asked = true
		a.lines.Display(doc)
		a.Shown()
	}
	a.Retranslate()
}

// Retranslate says how many results there are, or why there are none.
func (a *AskBar) Retranslate() {
	if !a.Object.Visible() {
		return
	}
	a.Entry.SetPlaceHolder(i18n.T("details.ask_hint"))
	a.Said.Set(a.result.words())
	a.Object.Refresh()
}

func (r *result) words() string {
	count := words.CountText(r.answer.Results)
	switch {
	case !r.there:
		return ""
	case r.err != nil:
		return AskErrorText(r.err)
	case r.answer.More:
		return i18n.T("details.ask_more", count)
	}
	return i18n.N("details.ask_count", r.answer.Results, count)
}

// AskErrorText is why a question to JSON has no answer.
func AskErrorText(err error) string {
	for _, one := range []struct {
		err  error
		word string
	}{{jsonquery.ErrTime, "time"}, {jsonquery.ErrHeap, "heap"}, {jsonquery.ErrInput, "input"}, {jsonquery.ErrNoJSON, "nojson"},
		{jsonquery.ErrComplex, "complex"}} {
		if errors.Is(err, one.err) {
			return i18n.T("details.ask." + one.word)
		}
	}
	var bad *jsonquery.Error
	if errors.As(err, &bad) {
		return faultText(bad)
	}
	return i18n.T("details.ask_failed", words.VisibleText(err.Error()))
}

// faults are keys of the catalogue; what read the question says it in its own words behind.
var faults = [...]string{jsonquery.FaultEnd: "details.ask.end", jsonquery.FaultToken: "details.ask.token",
	jsonquery.FaultFunction: "details.ask.function", jsonquery.FaultVariable: "details.ask.variable",
	jsonquery.FaultNotObject: "details.ask.not_object", jsonquery.FaultNotArray: "details.ask.not_array",
	jsonquery.FaultNotEach: "details.ask.not_each"}

// maxFault bounds what is quoted of a question or of a message, in bytes.
const maxFault = 120

// faultText says in plain words what is wrong, with the original behind.
func faultText(bad *jsonquery.Error) string {
	original := words.ShortText(words.VisibleText(bad.Msg), maxFault)
	switch {
	case bad.Fault == jsonquery.FaultToken && bad.Token != "":
		return i18n.T("details.ask.token_is", words.CountText(bad.At), words.ShortText(words.VisibleText(bad.Token), maxFault), original)
	case bad.Fault == jsonquery.FaultToken:
		return i18n.T("details.ask.token", words.CountText(bad.At), original)
	case bad.Fault != jsonquery.FaultOther:
		return i18n.T(faults[bad.Fault], original)
	case bad.Syntax:
		return i18n.T("details.ask_bad", original)
	}
	return i18n.T("details.ask_failed", original)
}

// entryKey is the keys of the entry.
func (a *AskBar) entryKey(k *fyne.KeyEvent) bool {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		a.ask()
	case fyne.KeyEscape:
		a.close()
	default:
		return false
	}
	return true
}
