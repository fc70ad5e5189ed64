package rules

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"posthouse/proxy/bounded"
	codings "posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// Rewriting is what rules do to the body of one message. It is one goroutine's alone.
//
// It is used in one of three ways. Placed is a body that takes the place of whatever came.
// Where a rule needs the body as a whole (Whole), Apply changes one that was held. Else the body
// passes piece by piece: Write and Close, or where it is coded, Copy.
type Rewriting struct {
	set     *Set
	request bool       // it is of a request
	work    []bodyWork // what is left to be done, in order
	parts   []*BodyPart
	codings []string
	coded   string // what the fields say
	stages  []stage
	given   func() bool // nil, or reports that nobody waits for what comes of it
}

// bodyWork is what one rule does to the body.
type bodyWork struct {
	edit *bodyEdit
	part *BodyPart
}

// Rewrites reports whether any of the rules changes bodies.
func Rewrites(apply []*Compiled, request bool) bool {
	return slices.ContainsFunc(apply, func(c *Compiled) bool { return c.bodyOf(request) != nil })
}

// Rewriting is what rules that apply do to a body, nil for nothing. encoding are the values of
// Content-Encoding.
func (s *Set) Rewriting(apply []*Compiled, request bool, encoding ...string) *Rewriting {
	if !Rewrites(apply, request) {
		return nil
	}
	w := &Rewriting{set: s, request: request, coded: strings.Join(encoding, ", ")}
	for _, c := range apply {
		if b := c.bodyOf(request); b != nil {
			part := &BodyPart{Label: c.Label()}
			w.parts = append(w.parts, part)
			w.work = append(w.work, bodyWork{b, part})
		}
	}
	var err error
	if w.codings, err = codings.Codings(encoding...); err != nil {
		w.uncoded(err)
	}
	return w
}

// Parts are what each rule came to, in order.
func (w *Rewriting) Parts() []*BodyPart { return w.parts }

// Fail has no rule do anything: the body passes as it came.
func (w *Rewriting) Fail(why flow.Reason) {
	for _, p := range w.parts {
		p.failed(why)
		p.Changed = false
	}
	w.work = nil
}

// uncoded says that the body cannot be decoded, or coded again.
func (w *Rewriting) uncoded(err error) { w.Fail(reason.RuleCoding.With(w.coded, err.Error())) }

// Idle reports whether nothing is left to be done, since all has failed.
func (w *Rewriting) Idle() bool { return len(w.work) == 0 }

// Coded reports whether the body has a content coding.
func (w *Rewriting) Coded() bool { return len(w.codings) > 0 }

// Whole reports whether the body is needed as a whole.
func (w *Rewriting) Whole() bool {
	return slices.ContainsFunc(w.work, func(one bodyWork) bool { return one.edit.whole() })
}

// Changed reports whether any rule has changed anything.
func (w *Rewriting) Changed() bool {
	return slices.ContainsFunc(w.parts, func(p *BodyPart) bool { return p.Changed })
}

// Placed is the body, as it is sent, that takes the place of whatever came; false where there is
// none. read is Set.Read, or has that read beside a goroutine that must not wait for the disk.
func (w *Rewriting) Placed(read func(name string) ([]byte, flow.Reason)) (body []byte, ok bool) {
	texts := map[*BodyPart][]byte{}
	w.work = slices.DeleteFunc(w.work, func(one bodyWork) bool {
		if one.edit.file == "" {
			return false
		}
		text, why := read(one.edit.file)
		if !why.IsZero() {
			one.part.failed(why)
			return true
		}
		texts[one.part] = text
		return false
	})
	first := -1
	for i, one := range w.work {
		if one.edit.places() {
			first = i
		}
	}
	if first < 0 {
		return nil, false
	}
	if body = w.work[first].edit.text; body == nil {
		body = texts[w.work[first].part]
	}
	w.work[first].part.Changed = true
	w.work = w.work[first:] // what others would have done before is gone
	out, err := codings.Encode(strings.Join(w.codings, ","), w.run(body, w.work[1:]), true)
	if err != nil {
		w.uncoded(err)
		return nil, false
	}
	return out, true
}

// PlacesFile reports whether any of the rules puts a file in the place of a body.
func PlacesFile(apply []*Compiled, request bool) bool {
	return slices.ContainsFunc(apply, func(c *Compiled) bool {
		b := c.bodyOf(request)
		return b != nil && b.file != ""
	})
}

// Read reads a file that takes the place of a body. It waits for the disk.
func (s *Set) Read(name string) ([]byte, flow.Reason) {
	f, _, why := s.open(name)
	if !why.IsZero() {
		return nil, why
	}
	defer func() { _ = f.Close() }() // read only
	body, err := bounded.Read(f, MaxBody)
	switch {
	case err == bounded.ErrTooLarge:
		return nil, reason.RuleFileLarge.With(name, MaxBody)
	case err != nil:
		return nil, fileProblem(name, err)
	}
	return body, flow.Reason{}
}

// Apply changes a whole body, of at most MaxBody bytes as it came. It returns nil where it
// stays as it is.
func (w *Rewriting) Apply(body []byte) []byte {
	plain := body
	if w.Coded() {
		d := codings.NewDecoder(w.codings, bytes.NewReader(body))
		defer d.Close()
		var err error
		plain, err = bounded.Read(d, MaxBody)
		switch {
		case err == bounded.ErrTooLarge:
			w.Fail(reason.RuleBodyLong.With(MaxBody))
			return nil
		case err != nil:
			w.uncoded(err)
			return nil
		}
	}
	plain = w.run(plain, w.work)
	if !w.Changed() {
		return nil
	}
	out, err := codings.Encode(strings.Join(w.codings, ","), plain, true)
	if err != nil {
		w.uncoded(err)
		return nil
	}
	if out == nil {
		out = []byte{}
	}
	return out
}

// run does work on a decoded body. Of a rule that cannot do its own nothing is done.
func (w *Rewriting) run(body []byte, work []bodyWork) []byte {
	for _, one := range work {
		var out []byte
		var why flow.Reason
		switch {
		case one.edit.json != nil:
			out, why = editJSON(body, one.edit.json)
			one.part.Changed = out != nil
		case one.edit.form.changes():
			out, why = editForm(body, &one.edit.form)
			one.part.Changed = out != nil
		case one.edit.finds != nil:
			out, why = w.found(body, one)
		}
		if !why.IsZero() {
			one.part.failed(why)
			one.part.Changed = false
			continue
		}
		if one.part.Changed && !one.edit.places() {
			body = out
		}
	}
	return body
}

// found replaces in a whole body what a rule looks for.
func (w *Rewriting) found(body []byte, one bodyWork) (out []byte, why flow.Reason) {
	stages := stagesOf(nil, one)
	long := false
	to := func(p []byte) error {
		if len(out)+len(p) > MaxBody {
			long = true
			return io.ErrShortBuffer
		}
		out = append(out, p...)
		return nil
	}
	err := w.pieces(stages, body, to)
	if err == nil {
		err = closeTo(stages, to)
	}
	switch {
	case long:
		return nil, reason.RuleBodyGrew.With(MaxBody)
	case err != nil:
		return nil, reason.RuleBodyLong.With(MaxBody)
	}
	return out, one.part.Why
}

// pieces gives a body to the first stage: as a whole, or so that it can be left midway.
func (w *Rewriting) pieces(stages []stage, body []byte, to sink) error {
	for w.given != nil && len(body) > copyPiece {
		if w.given() {
			return io.ErrShortBuffer
		}
		if err := writeTo(stages, body[:copyPiece], to); err != nil {
			return err
		}
		body = body[copyPiece:]
	}
	return writeTo(stages, body, to)
}

// stagesOf adds those of a rule.
func stagesOf(to []stage, one bodyWork) []stage {
	for i := range one.edit.finds {
		if f := &one.edit.finds[i]; f.pattern != nil {
			to = append(to, newPatternStage(f, one.part))
		} else {
			to = append(to, &textStage{f: f, part: one.part})
		}
	}
	return to
}

// writeTo gives p to the first stage, and what comes of it to the next.
func writeTo(stages []stage, p []byte, to sink) error {
	if len(stages) == 0 {
		if len(p) == 0 {
			return nil
		}
		return to(p)
	}
	return stages[0].write(p, func(p []byte) error { return writeTo(stages[1:], p, to) })
}

// closeTo ends the stages, one after the other.
func closeTo(stages []stage, to sink) error {
	for i := range stages {
		if err := stages[i].close(func(p []byte) error { return writeTo(stages[i+1:], p, to) }); err != nil {
			return err
		}
	}
	return nil
}

// start makes the stages of a body that passes.
func (w *Rewriting) start() {
	if w.stages == nil {
		for _, one := range w.work {
			w.stages = stagesOf(w.stages, one)
		}
	}
}

// Write changes a piece of a body that is not coded. to gets what is decided, in pieces that it
// may not keep.
func (w *Rewriting) Write(p []byte, to func([]byte) error) error {
	w.start()
	return writeTo(w.stages, p, to)
}

// Close passes on what is left where the body has ended.
func (w *Rewriting) Close(to func([]byte) error) error {
	w.start()
	return closeTo(w.stages, to)
}

// Held is how many bytes wait for what follows.
func (w *Rewriting) Held() (n int) {
	for _, s := range w.stages {
		n += s.held()
	}
	return n
}

// Copy changes a coded body that passes. What is there is passed on whenever rests says that
// from has nothing more at hand. A body that is not as its coding says is an error of
// *CodingError; others are those of from and to.
func (w *Rewriting) Copy(to io.Writer, from io.Reader, rests func() bool) error {
	d := codings.NewDecoder(w.codings, from)
	defer d.Close()
	e, err := codings.NewEncoder(w.codings, to)
	if err != nil {
		return &CodingError{err}
	}
	sink := func(p []byte) error {
		_, err := e.Write(p)
		return err
	}
	b := make([]byte, copyPiece)
	for {
		n, err := d.Read(b)
		if n > 0 {
			if err := w.Write(b[:n], sink); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			if err := w.Close(sink); err != nil {
				return err
			}
			return e.Close()
		case err != nil:
			return &CodingError{err}
		case n > 0 && rests():
			if err := e.Flush(); err != nil {
				return err
			}
		}
	}
}

// copyPiece is how much of a coded body is changed in one step, in bytes.
const copyPiece = 32 << 10

// CodingError is a body that could not be decoded.
type CodingError struct{ Err error }

func (e *CodingError) Error() string { return e.Err.Error() }
func (e *CodingError) Unwrap() error { return e.Err }

// Reason says that the body could not be decoded.
func (w *Rewriting) Reason(err error) flow.Reason {
	return reason.RuleCoding.With(w.coded, err.Error())
}

// Replace gives an answer another body.
func (a *Answered) Replace(body []byte) {
	if a.File != nil {
		_ = a.File.Close() // read only
		a.File, a.Size = nil, 0
	}
	a.Text = string(body)
}

// Content is the body of an answer, held from now on; false where it is longer than MaxBody, or
// cannot be read.
func (a *Answered) Content() ([]byte, bool) {
	if a.File == nil {
		return []byte(a.Text), len(a.Text) <= MaxBody
	}
	if a.Size > MaxBody {
		return nil, false
	}
	body, err := bounded.ReadHead(a.File, a.Size)
	if err != nil || int64(len(body)) < a.Size {
		return nil, false
	}
	a.Replace(body)
	return body, true
}
