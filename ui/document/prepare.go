package document

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"

	"posthouse/proxy/content"
	"posthouse/proxy/content/raster"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/syntax"
	"posthouse/ui/words"
)

// Mode is how a body is shown.
type Mode uint8

const (
	ModeReadable Mode = iota // as what it is: indented, as a picture, in hex
	ModeText                 // as text, as sent
	ModeHex
)

// Source is one body, and what its head says of it.
type Source struct {
	Body        flow.Body
	ContentType string
	Codings     string // Content-Encoding
}

// Choice is how a person wants bodies shown.
type Choice struct {
	Mode    Mode
	Charset string // "" for the one that is declared or found
}

// notice is a line of words about a body. The words are looked up when they are
// shown, so that they follow the language.
type notice struct {
	key  string
	args []any
}

func (n notice) Text() string {
	args := slices.Clone(n.args)
	for i, arg := range args {
		if t, ok := arg.(term); ok {
			args[i] = i18n.T(string(t))
		}
	}
	return i18n.T(n.key, args...)
}

// term is a word within a notice, by its key in the catalogue.
type term string

// Prepared is a body ready to be shown. It does not change.
type Prepared struct {
	kind    content.Kind
	codings string // that were undone, "" for none
	after   bool   // other bytes follow the end of what was compressed
	charset string // of text
	Size    int64  // bytes kept
	Decoded int64  // bytes after the codings were undone
	Picture image.Image
	format  string      // of the picture, or the language that a text is written in
	bounds  image.Point // of the picture, in pixels, before it was made smaller
	Doc     document    // nil where there is nothing to show as lines
	Notices []notice
}

// Prepare does all that takes time. It is not called on the UI goroutine.
// What it returns after ctx ended is incomplete and not to be shown. Whatever the
// bytes do to those that read them, there is something to show.
func Prepare(ctx context.Context, s *Source, choice Choice) (p *Prepared) {
	defer func() {
		if r := recover(); r != nil {
			slog.Error("a body could not be prepared to be shown", "type", s.ContentType, "bytes", len(s.Body.Bytes),
				"panic", r, "stack", string(debug.Stack()))
			p = &Prepared{Size: int64(len(s.Body.Bytes)), Doc: &hexDoc{s.Body.Bytes},
				Notices: append(StateNotices(&s.Body), notice{"body.broken", nil})}
		}
	}()
	p = &Prepared{Size: int64(len(s.Body.Bytes)), Notices: StateNotices(&s.Body)}
	if len(s.Body.Bytes) == 0 {
		return p
	}
	bytes := p.undo(s)
	if ctx.Err() != nil {
		return p
	}
	kind, mislabelled := content.KindOf(s.ContentType, bytes)
	p.kind = kind
	p.show(ctx, s, choice, bytes)
	if live := s.Body.State == flow.BodyArriving || s.Body.State == bodyPreview; mislabelled && !live {
		p.Notices = append(p.Notices, notice{"body.mislabelled", []any{content.MediaType(s.ContentType), p.kindTerm()}})
	}
	return p
}

// show makes what there is to see.
func (p *Prepared) show(ctx context.Context, s *Source, choice Choice, bytes []byte) {
	shown := p.kind
	switch {
	case choice.Mode == ModeHex:
		shown = content.Bytes
	case choice.Mode == ModeText:
		shown = content.PlainText
	case p.kind == content.Multipart:
		p.Doc = p.partsDoc(s.ContentType, choice.Charset, bytes)
		return
	case p.kind == content.Image:
		if p.showPicture(ctx, bytes, s.Body.State) {
			return
		}
		shown = content.Bytes
	}
	if shown == content.Bytes {
		p.Doc = &hexDoc{bytes}
		return
	}
	p.showText(ctx, s, choice, shown, bytes)
}

// StateNotices says what of a body is missing.
func StateNotices(b *flow.Body) []notice {
	switch b.State {
	case bodyPreview:
		return []notice{{"body.preparing", nil}}
	case flow.BodyArriving:
		return []notice{{"body.arriving", []any{words.SizeText(b.Size)}}}
	case flow.BodyCut:
		return []notice{{"body.cut", []any{words.SizeText(int64(len(b.Bytes))), words.SizeText(b.Size)}}}
	case flow.BodyEvicted:
		return []notice{{"body.evicted", []any{words.SizeText(b.Size)}}}
	case Upgraded:
		return []notice{{"body.upgraded", []any{words.SizeText(b.Size)}}}
	case flow.BodyNotRecorded:
		return []notice{{"body.not-recorded", []any{words.SizeText(b.Size)}}}
	}
	if b.Size == 0 {
		return []notice{{"body.none", nil}}
	}
	return nil
}

// undo undoes the content codings.
func (p *Prepared) undo(s *Source) []byte {
	decoded, err := content.Decode(s.Codings, s.Body.Bytes)
	p.Decoded, p.codings, p.after = int64(len(decoded.Body)), decoded.Codings, decoded.After
	switch {
	case err == nil:
	case errors.Is(err, content.ErrCoding):
		p.Notices = append(p.Notices, notice{"body.unknown_coding", []any{p.codings}})
	case errors.Is(err, content.ErrLimit):
		p.Notices = append(p.Notices, notice{"body.decoded_limit", []any{words.SizeText(content.MaxDecoded)}})
	case s.Body.State != flow.BodyWhole:
		// that it ends before its end is known already
	case errors.Is(err, content.ErrCut):
		p.Notices = append(p.Notices, notice{"body.short_coding", []any{p.codings}})
	default:
		p.Notices = append(p.Notices, notice{"body.not_decoded", []any{p.codings, err.Error()}})
	}
	return decoded.Body
}

// maxPicture bounds the width and height of a picture that is shown, in pixels;
// a larger one is made smaller.
const maxPicture = 1280

// showPicture reports whether there is a picture to be seen; else there are notices
// of why, and what is known of it.
func (p *Prepared) showPicture(ctx context.Context, bytes []byte, state flow.BodyState) bool {
	picture, err := raster.Decode(ctx, bytes, maxPicture)
	p.format, p.bounds = picture.Format, picture.Size
	if err == nil {
		p.Picture = picture.Image
		return true
	}
	size := []any{p.bounds.X, p.bounds.Y}
	switch {
	case errors.Is(err, raster.ErrLarge):
		p.Notices = append(p.Notices, notice{"body.large_picture", size})
	case errors.Is(err, raster.ErrSlow):
		p.Notices = append(p.Notices, notice{"body.slow_picture", nil})
	case state != flow.BodyWhole:
		// that it ends before its end is known already
	case errors.Is(err, raster.ErrUnknown) && p.format != "":
		p.Notices = append(p.Notices, notice{"body.other_picture", []any{p.format}})
	case errors.Is(err, raster.ErrUnknown):
		p.Notices = append(p.Notices, notice{"body.unknown_picture", nil})
	default:
		p.Notices = append(p.Notices, notice{"body.bad_picture", []any{strings.TrimPrefix(err.Error(), raster.ErrDamaged.Error()+": ")}})
	}
	return false
}

// maxShown bounds the text that is shown of a body, in bytes. Hex has no bound:
// it takes no memory beside the body.
const maxShown = content.MaxDecoded

func (p *Prepared) showText(ctx context.Context, s *Source, choice Choice, kind content.Kind, bytes []byte) {
	cut := s.Body.State != flow.BodyWhole
	if len(bytes) > maxShown {
		bytes, cut = bytes[:maxShown], true
		p.Notices = append(p.Notices, notice{"body.shown_limit", []any{words.SizeText(maxShown)}})
	}
	text, used := textOf(s.ContentType, choice.Charset, bytes)
	if ctx.Err() != nil {
		return
	}
	isForm := kind == content.Form && strings.Count(text, "&") < maxFields
	if isForm {
		p.Doc, used = formDoc(s.ContentType, choice.Charset, text)
	}
	if p.charset = used.Name; used.Declared != "" {
		p.Notices = append(p.Notices, notice{"body.other_charset", []any{strings.ToUpper(used.Declared), strings.ToUpper(used.Name)}})
	}
	if isForm {
		return
	}
	var colours func(string, bool) []Span
	switch kind {
	case content.JSON:
		text, colours = p.showJSON(ctx, s.ContentType, text, cut)
	case content.Markup, content.Code:
		p.Doc = p.codeDoc(ctx, s.ContentType, text)
		return
	case content.Form:
		p.Notices = append(p.Notices, notice{"body.long_form", []any{words.CountText(maxFields)}})
	}
	p.Doc = NewTextDoc(ctx, text, colours)
}

// textOf is a body as text, in the charset that a person chose, if any.
func textOf(contentType, chosen string, bytes []byte) (string, content.Charset) {
	if chosen != "" {
		return content.TextIn(chosen, bytes)
	}
	return content.Text(contentType, bytes)
}

// formDoc is a form as a table.
func formDoc(contentType, chosen, text string) (*FieldsDoc, content.Charset) {
	label := chosen
	if label == "" {
		label = content.Parameters(contentType)["charset"]
	}
	fields, used := content.FormFields(text, label)
	form := &FieldsDoc{}
	for _, f := range fields {
		form.Add(RowField, f.Name, f.Value)
	}
	return form, used
}

// showJSON beautifies JSON, and says where that did not go. What only looked
// like JSON, and was not declared as that, is text.
func (p *Prepared) showJSON(ctx context.Context, contentType, text string, cut bool) (string, func(string, bool) []Span) {
	lines, bad, err := syntax.BeautifyJSON(ctx, text, cut)
	switch err {
	case nil:
		if bad > 0 {
			p.Notices = append(p.Notices, notice{"body.bad_lines", []any{words.CountText(bad)}})
		}
		return lines, jsonColours
	case syntax.ErrNotJSON:
		if declared, says := content.Declared(contentType); !says || declared != content.JSON {
			p.kind = content.PlainText
			break
		}
		p.Notices = append(p.Notices, notice{"body.no_json", nil})
	case syntax.ErrLong:
		p.Notices = append(p.Notices, notice{"body.long_json", []any{words.SizeText(syntax.MaxJSON)}})
	}
	return text, nil
}

const (
	// bodyPreview marks the beginning of a body, which is shown until the whole is ready.
	bodyPreview flow.BodyState = 0xff
	// Upgraded marks what passed behind an upgrade to another protocol.
	Upgraded flow.BodyState = 0xfe
	// previewFrom is the size from which a body has a preview, and previewBytes
	// how much of it that is.
	previewFrom  = 1 << 20
	previewBytes = 128 << 10
)

// Preview is the beginning of a body of text, or nil where it needs none.
func Preview(ctx context.Context, s *Source, choice Choice) *Prepared {
	if len(s.Body.Bytes) < previewFrom || choice.Mode == ModeHex {
		return nil
	}
	begin := *s
	begin.Body.Bytes = s.Body.Bytes[:previewBytes]
	begin.Body.State = bodyPreview
	p := Prepare(ctx, &begin, choice)
	if p.Size = int64(len(s.Body.Bytes)); ctx.Err() != nil || p.Doc == nil || !p.kind.IsText() && choice.Mode != ModeText {
		return nil
	}
	p.codings = "" // how large the whole is without them is not known yet
	return p
}

// InfoText says what a body is: "Body   JSON · gzip · 12 KB, decoded 48 KB · GBK".
func InfoText(p *Prepared) string {
	title := i18n.T("details.body")
	if p.Size == 0 {
		return title
	}
	parts := []string{p.kindText()}
	if p.bounds.X > 0 {
		parts = append(parts, i18n.T("details.pixels", p.bounds.X, p.bounds.Y))
	}
	size := words.SizeText(p.Size)
	if p.codings != "" {
		parts = append(parts, p.codings)
		size = i18n.T("details.decoded", size, words.SizeText(p.Decoded))
	}
	parts = append(parts, size)
	if p.after {
		parts = append(parts, i18n.T("details.after_end"))
	}
	if p.charset != "" && p.charset != "utf-8" {
		parts = append(parts, strings.ToUpper(p.charset))
	}
	return title + "   " + strings.Join(parts, " · ")
}

// Charsets that a person can choose, by their names in the WHATWG registry.
var Charsets = []string{"utf-8", "gb18030", "big5", "shift_jis", "euc-jp", "iso-2022-jp", "euc-kr", "windows-1251", "windows-1252",
	"utf-16le", "utf-16be"}
