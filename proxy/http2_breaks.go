package proxy

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2/hpack"

	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/http2"
	"posthouse/proxy/reason"
)

// streamBreak is a message of HTTP/2 that waits for a person: a wait of its stream, and a
// goroutine that shows it when its body is there and does what is decided.
type streamBreak struct {
	c      *http2Conn
	p      *http2Pump // that the message passes
	x      *http2Exchange
	stream uint32
	wait   *http2Wait
	m      *breakpoints.Message
	came   chan struct{} // closed when all of the message has come
	row    flow.Row
	limits http1.Limits
	isHead bool

	// Guarded by http2Conn.mu.
	edited  []byte // the head as it went on, nil where that is as it came
	refused flow.Reason
	mended  bool // it got another Content-Length
	hands   bool // rules would have changed the body that a person wrote
}

// breakWait is the wait of a message with a head for a person, nil where it does not wait.
func (x *http2Exchange) breakWait(p *http2Pump, part breakpoints.Part, head []hpack.HeaderField) *http2Wait {
	r := x.ruling
	if r == nil || x.finished || !r.breaks.parts.Has(part) {
		return nil
	}
	defer func() { r.told(x.rec) }()
	if x.protocol != "" {
		r.breakPassed(part, reason.BreakStream.With())
		return nil
	}
	m := r.enterBreak(part, 3*sectionSize(head))
	if m == nil {
		return nil
	}
	b := &streamBreak{c: p.c, p: p, x: x, stream: x.stream, m: m, came: make(chan struct{}), row: r.row, limits: x.limits, isHead: x.isHead}
	b.wait = &http2Wait{ended: b.ended, begins: func() { p.c.ended.Go(b.run) }, whole: func() { close(b.came) }}
	return b.wait
}

// before has another wait begin when this one has ended; each may be nil.
func (w *http2Wait) before(next *http2Wait) *http2Wait {
	if w == nil {
		return next
	}
	last := w
	for last.then != nil {
		last = last.then
	}
	last.then = next
	return w
}

// run shows the message and does what is decided.
func (b *streamBreak) run() {
	held := heldStreams{b.c}
	b.awaitBody()
	fields, body, whole, ok := held.held(b.stream, b.wait)
	if !ok {
		return // how it ended was told
	}
	content := breakpoints.Content{Row: b.row, Head: fieldsText(fields), Body: body}
	switch {
	case !whole:
		content.Body, content.Behind = nil, reason.BreakSlow.With(holdTime)
	case len(body) > breakpoints.MaxBody:
		content.Body, content.Behind = nil, reason.BreakLarge.With(breakpoints.MaxBody)
	case !b.m.Reserve(2 * int64(len(body))):
		content.Body, content.Behind = nil, reason.BreakFull.With(breakpoints.MaxHeld)
	}
	content.Check = b.checker(fields, content)
	b.m.Show(content)
	select {
	case <-b.m.Decided():
	case <-b.c.srv.stopping:
		b.m.Settle(breakpoints.Stopped)
	}
	b.do(fields)
}

// awaitBody waits until the body is there, it takes too long, or nothing waits any longer.
func (b *streamBreak) awaitBody() {
	late := time.NewTimer(holdTime)
	defer late.Stop()
	select {
	case <-b.came:
	case <-late.C:
	case <-b.m.Decided():
	}
}

// checker says what keeps edits from being sent. What it looks at stays as it is.
func (b *streamBreak) checker(fields []hpack.HeaderField, content breakpoints.Content) func(*breakpoints.Edit) flow.Reason {
	limits, request := b.limits, b.m.Part == breakpoints.Request
	return func(e *breakpoints.Edit) (why flow.Reason) {
		switch {
		case e.Answer:
			_, why = ownAnswer(&limits, e)
			return why
		case e.Raw:
			return reason.BreakPseudo.With()
		case e.NewBody && !content.Behind.IsZero():
			return reason.BreakFraming.With()
		}
		edited, _, err := editedSection(fields, e)
		var m editedMessage
		if err == nil {
			m, err = b.p.checkEdited(edited)
		}
		switch {
		case err != nil:
			return reason.Of(err)
		case request && (m.request.Method == "HEAD") != b.isHead:
			return reason.BreakHead.With()
		case request:
			return flow.Reason{}
		case m.status < 200 || m.status > 999:
			return reason.BreakStatus.With()
		case (b.isHead || http1.Bodiless(m.status)) && (e.NewBody && len(e.Body) > 0 || !e.NewBody && len(content.Body) > 0):
			return reason.BreakNoBody.With(strconv.Itoa(m.status))
		}
		return flow.Reason{}
	}
}

var errEditedLine = &http2.Error{Code: http2.ProtocolError, Why: reason.BreakPseudo.With()}

// editedSection are the fields of a head that was edited as text. A line that was not touched
// is the field that it was; a Content-Length is that of the new body.
func editedSection(from []hpack.HeaderField, e *breakpoints.Edit) (fields []hpack.HeaderField, mended bool, err error) {
	was := map[string][]int{}
	for i := range from {
		line := string(fieldsText(from[i : i+1]))
		line = strings.TrimSuffix(line, "\r\n\r\n")
		was[line] = append(was[line], i)
	}
	text, _ := bytes.CutSuffix(e.Head, []byte("\r\n\r\n"))
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\r\n"), "\r\n") {
		if at := was[line]; len(at) > 0 {
			fields = append(fields, from[at[0]])
			was[line] = at[1:]
			continue
		}
		name, value, ok := strings.Cut(line[min(1, len(line)):], ":")
		if !ok {
			return nil, false, errEditedLine
		}
		fields = append(fields, writtenField(from, line[:1]+name, value))
	}
	for i := range fields {
		if n := strconv.Itoa(len(e.Body)); e.NewBody && fields[i].Name == "content-length" && fields[i].Value != n {
			fields[i].Value, mended = n, true
		}
	}
	return fields, mended, nil
}

// do has the stream go on, or answers it, as was decided.
func (b *streamBreak) do(fields []hpack.HeaderField) {
	held := heldStreams{b.c}
	state, e := b.m.Settle(breakpoints.Left)
	switch state {
	case breakpoints.Left:
		return
	case breakpoints.Aborted:
		held.answerHeld(b.stream, b.wait, &reply{closes: true, code: http2.InternalError})
		return
	case breakpoints.Answered:
		own, _ := ownAnswer(&b.limits, e)
		held.answerHeld(b.stream, b.wait, own)
		return
	case breakpoints.Gone:
		if !b.differs(e) {
			break
		}
		edited, mended, err := editedSection(fields, e)
		if err == nil {
			b.c.mu.Lock()
			b.edited, b.mended = fieldsText(edited), mended
			if _, _, l := held.at(b.stream, b.wait); e.NewBody && l != nil { // rules do not change what a person wrote
				b.hands = l.body.byHand()
			}
			b.c.mu.Unlock()
			err = held.proceed(b.stream, b.wait, &http2Edit{fields: edited, body: e.Body, hasBody: e.NewBody})
		}
		if err == nil || errors.Is(err, errNotHeld) {
			return
		}
		b.c.mu.Lock()
		b.edited, b.refused = nil, reason.RuleRefused.With(reason.Of(err))
		b.c.mu.Unlock()
	}
	_ = held.proceed(b.stream, b.wait, nil)
}

func (b *streamBreak) differs(e *breakpoints.Edit) bool {
	return e.NewBody || !slices.Equal(e.Head, b.m.Head)
}

// ended tells how the wait has ended; mu is held.
func (b *streamBreak) ended(end http2WaitEnd) {
	x, r, part := b.x, b.x.ruling, b.m.Part
	defer b.m.Release()
	switch end {
	case waitFull, waitAway:
		b.m.Settle(breakpoints.Stopped)
		why := reason.BreakRoom
		if end == waitAway {
			why = reason.BreakAway
		}
		r.tell(flow.EffectDelayed)
		r.breakPassed(part, why.With())
	case waitLeft:
		b.m.Settle(breakpoints.Left)
		r.broke(b.m, breakpoints.Left, nil)
	default:
		state, e := b.m.Settle(breakpoints.Left)
		if !b.refused.IsZero() {
			r.tell(flow.EffectFailed, b.refused)
			state = breakpoints.Unchanged
		}
		r.broke(b.m, state, e)
		if b.mended {
			at, what := r.breaks.label(part)
			r.tell(0, reason.BreakLength.With(at, what))
		}
		if b.hands {
			at, what := r.breaks.label(part)
			r.tell(flow.EffectFailed, reason.BreakRules.With(at, what))
		}
		if b.edited != nil && e.NewBody {
			x.rec.Went(part == breakpoints.Request).Add(e.Body)
		}
		switch {
		case b.edited == nil:
		case part == breakpoints.Request:
			x.rec.RuledRequest(b.edited)
		default:
			x.rec.RuledResponse(b.edited)
		}
	}
	r.told(x.rec)
}
