package rules

import (
	"bytes"
	"context"
	"strings"

	"posthouse/proxy/bounded"
	codings "posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// TrialBody is a body that rules are tried on, as it came: without framing, in its codings.
type TrialBody struct {
	Known bool // it is there whole, or there is none
	Bytes []byte
}

// TriedBody is what rules would make of a body.
type TriedBody struct {
	Lack          Lack
	Before, After []byte   // without its codings; After is nil where it stays as it is
	Coded         [2]int64 // bytes of both, as they are sent
}

// Lack is why it is not known what becomes of a body.
type Lack uint8

const (
	LackNothing Lack = iota
	LackBody         // what came is not there, or not whole
	LackLong         // it has more than MaxBody bytes
)

// early are the rules that apply whatever the response is.
func early(matched []*Compiled) (list []*Compiled) {
	for _, c := range matched {
		if c.Early() {
			list = append(list, c)
		}
	}
	return list
}

// bodyFields are what the fields of a message say of its body, as they go on.
type bodyFields struct {
	encoding []string
	part     bool // it is a part of a whole
	told     bool // there is one
}

func framingOf(lines []Line) (f bodyFields) {
	for _, l := range lines {
		switch {
		case l.How == KeptNot:
		case strings.EqualFold(l.Name, "Content-Encoding"):
			f.encoding = append(f.encoding, l.Value)
		case strings.EqualFold(l.Name, "Content-Range"):
			f.part = true
		case strings.EqualFold(l.Name, "Content-Length"), strings.EqualFold(l.Name, "Transfer-Encoding"):
			f.told = true
		}
	}
	return f
}

// requestBody does to the body of a request what rules say, and responseBody to that of a response.
// Where it is not there, they tell which rules are for it.
func (t *Trial) requestBody(ctx context.Context, apply []*Compiled, b *TrialBody) {
	f := framingOf(t.Request)
	none := b.Known && len(b.Bytes) == 0 && !f.told
	w := t.set.Rewriting(apply, true, f.encoding...)
	if w != nil && f.told && LosesBody(t.Method[0], t.Method[1]) {
		w.Fail(reason.RuleMethodBody.With(t.Method[1]))
	}
	t.body(ctx, w, b, f.part, none)
	t.pieces(apply, true, none)
}

func (t *Trial) responseBody(ctx context.Context, apply []*Compiled, b *TrialBody, method string) {
	f := framingOf(t.Response)
	none := method == "HEAD" || t.Status != 0 && http1.Contentless(t.Status)
	t.body(ctx, t.set.Rewriting(apply, false, f.encoding...), b, f.part || t.Status == 206, none)
	t.pieces(apply, false, none)
}

// pieces tells how long each piece of a body would wait, if there is one.
func (t *Trial) pieces(apply []*Compiled, request, none bool) {
	if !none {
		t.Did = append(t.Did, ToldPieces(apply, request)...)
	}
}

// body is one of both; w is nil where no rule is for it.
func (t *Trial) body(ctx context.Context, w *Rewriting, b *TrialBody, part, none bool) {
	if w == nil {
		return
	}
	w.given = func() bool { return ctx.Err() != nil }
	out := &TriedBody{}
	t.Bodies[side(w.request)] = out
	switch {
	case none:
		w.Fail(reason.RuleBodyNone.With())
	case part:
		w.Fail(reason.RuleBodyPart.With())
	}
	if !b.Known {
		out.Lack = LackBody
	}
	if placed, places := w.Placed(t.set.Read); places {
		out.take(w, b.Bytes, placed)
	} else if out.apply(w, b); out.Lack != LackNothing && !w.Idle() {
		t.claim(w)
		return
	}
	t.outcome(w)
}

// apply changes a body that is there.
func (out *TriedBody) apply(w *Rewriting, b *TrialBody) {
	if !b.Known {
		return
	}
	long := len(b.Bytes) > MaxBody && !w.Idle()
	switch {
	case long && w.Whole():
		w.Fail(reason.RuleBodyLong.With(MaxBody))
	case long: // it is looked through while it passes
		out.Lack = LackLong
		return
	}
	var after []byte
	if !w.Idle() {
		after = w.Apply(b.Bytes)
	}
	out.take(w, b.Bytes, after)
}

// take keeps what came and what goes on, nil where that is the same.
func (b *TriedBody) take(w *Rewriting, before, after []byte) {
	b.Coded = [2]int64{int64(len(before)), int64(len(before))}
	b.Before = w.decoded(before)
	if after != nil {
		b.Coded[1] = int64(len(after))
		if b.After = w.decoded(after); b.After == nil {
			b.After = []byte{}
		}
	}
}

// decoded is the beginning of a body, at most MaxBody bytes, without its codings; as it came where they cannot be undone.
func (w *Rewriting) decoded(body []byte) []byte {
	if !w.Coded() || len(body) == 0 {
		return body
	}
	d := codings.NewDecoder(w.codings, bytes.NewReader(body))
	defer d.Close()
	plain, err := bounded.ReadHead(d, MaxBody)
	if err != nil && len(plain) == 0 {
		return body
	}
	return plain
}

func side(request bool) int {
	if request {
		return 0
	}
	return 1
}

// claim tells which rules are for a body that is not there.
func (t *Trial) claim(w *Rewriting) {
	for _, part := range w.Parts() {
		t.Did = append(t.Did, bodyChanged(w.request).With(part.Label))
	}
}

// outcome tells what rules did to a body.
func (t *Trial) outcome(w *Rewriting) {
	did, failed := w.Outcome()
	t.Did, t.Failed = append(t.Did, did...), t.Failed || failed
}

// Outcome is what is told of what rules did to the body; failed says that one could not do its work.
func (w *Rewriting) Outcome() (did []flow.Reason, failed bool) {
	for _, part := range w.parts {
		if part.Changed {
			did = append(did, bodyChanged(w.request).With(part.Label))
		}
		if !part.Why.IsZero() {
			failed = true
			did = append(did, reason.RuleFailed.With(part.Label, part.Why))
		}
	}
	return did, failed
}

func bodyChanged(request bool) flow.ReasonCode {
	if request {
		return reason.RuleRequestBody
	}
	return reason.RuleResponseBody
}

// answerBody is the body of what a rule answers, with what other rules make of it.
func (t *Trial) answerBody(ctx context.Context, a *Answered, apply []*Compiled) {
	defer func() {
		if a.File != nil {
			_ = a.File.Close() // read only
		}
	}()
	if t.Length = int64(len(a.Text)); a.File != nil {
		t.Length = a.Size
	}
	w := t.set.Rewriting(apply, false)
	if w == nil {
		if a.File != nil {
			t.Body, _ = bounded.ReadHead(a.File, min(maxTrialBody, a.Size)) // what could not be read is not shown
		} else {
			t.Body = []byte(a.Text[:min(len(a.Text), maxTrialBody)])
		}
		return
	}
	w.given = func() bool { return ctx.Err() != nil }
	out := &TriedBody{}
	t.Bodies[1] = out
	a.Status = t.Status
	before, whole := w.AnswerBody(a)
	switch {
	case !whole:
		out.Lack = LackLong
	case w.Changed():
		out.take(w, before, []byte(a.Text))
		out.Coded[0] = t.Length // which is known where what it was is not
	default:
		out.Before, out.Coded = before, [2]int64{t.Length, t.Length}
	}
	t.Body = []byte(a.Text[:min(len(a.Text), maxTrialBody)])
	t.outcome(w)
}

// AnswerBody has rules change the body of what a rule answers. It returns what that was before,
// and whether it was short enough to be read.
func (w *Rewriting) AnswerBody(a *Answered) (before []byte, whole bool) {
	if http1.Contentless(a.Status) {
		w.Fail(reason.RuleBodyNone.With())
	}
	body, placed := w.Placed(w.set.Read)
	switch {
	case placed:
		a.Replace(body)
	case !w.Idle():
		before, whole = a.Content()
		if !whole {
			w.Fail(reason.RuleBodyLong.With(MaxBody))
		} else if out := w.Apply(before); out != nil {
			a.Replace(out)
		}
		return before, whole
	}
	return nil, true
}
