package ui

import (
	"context"
	"errors"
	"image"
	"strings"

	"golang.org/x/image/draw"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// bodyMode is how a body is shown.
type bodyMode uint8

const (
	modeReadable bodyMode = iota // as what it is: indented, as a picture, in hex
	modeText                     // as text, as sent
	modeHex
)

// bodySource is one body, and what its head says of it.
type bodySource struct {
	body        flow.Body
	contentType string
	codings     string // Content-Encoding
}

// bodyChoice is how a person wants bodies shown.
type bodyChoice struct {
	mode    bodyMode
	charset string // "" for the one that is declared or found
}

// notice is a line of words about a body. The words are looked up when they are
// shown, so that they follow the language.
type notice struct {
	key  string
	args []any
}

func (n notice) text() string { return i18n.T(n.key, n.args...) }

// preparedBody is a body ready to be shown. It does not change.
type preparedBody struct {
	kind    content.Kind
	codings string // that were undone, "" for none
	charset string // of text
	size    int64  // bytes kept
	decoded int64  // bytes after the codings were undone
	picture image.Image
	format  string      // of the picture, or the language that a text is written in
	bounds  image.Point // of the picture, in pixels, before it was made smaller
	doc     document    // nil where there is nothing to show as lines
	notices []notice
}

// prepareBody does all that takes time. It is not called on the UI goroutine.
// What it returns after ctx ended is incomplete and not to be shown.
func prepareBody(ctx context.Context, s *bodySource, choice bodyChoice) *preparedBody {
	p := &preparedBody{size: int64(len(s.body.Bytes)), notices: stateNotices(&s.body)}
	if len(s.body.Bytes) == 0 {
		return p
	}
	bytes := p.undo(s)
	if ctx.Err() != nil {
		return p
	}
	p.kind = content.KindOf(s.contentType, bytes)
	shown := p.kind
	switch {
	case choice.mode == modeHex:
		shown = content.Bytes
	case choice.mode == modeText:
		shown = content.PlainText
	case p.kind == content.Multipart:
		p.doc = p.partsDoc(s.contentType, choice.charset, bytes)
		return p
	case p.kind == content.Image:
		if p.showPicture(bytes, s.body.State) {
			return p
		}
		shown = content.Bytes
	}
	if shown == content.Bytes {
		p.doc = &hexDoc{bytes}
		return p
	}
	p.showText(ctx, s, choice, shown, bytes)
	return p
}

// stateNotices says what of a body is missing.
func stateNotices(b *flow.Body) []notice {
	switch b.State {
	case bodyPreview:
		return []notice{{"body.preparing", nil}}
	case flow.BodyArriving:
		return []notice{{"body.arriving", []any{sizeText(b.Size)}}}
	case flow.BodyCut:
		return []notice{{"body.cut", []any{sizeText(int64(len(b.Bytes))), sizeText(b.Size)}}}
	case flow.BodyEvicted:
		return []notice{{"body.evicted", []any{sizeText(b.Size)}}}
	case bodyUpgraded:
		return []notice{{"body.upgraded", []any{sizeText(b.Size)}}}
	case flow.BodyNotRecorded:
		return []notice{{"body.not-recorded", []any{sizeText(b.Size)}}}
	}
	if b.Size == 0 {
		return []notice{{"body.none", nil}}
	}
	return nil
}

// undo undoes the content codings.
func (p *preparedBody) undo(s *bodySource) []byte {
	bytes, err := content.Decode(s.codings, s.body.Bytes)
	p.decoded = int64(len(bytes))
	if codings := strings.ToLower(strings.TrimSpace(s.codings)); codings != "identity" {
		p.codings = codings
	}
	switch {
	case err == nil:
	case errors.Is(err, content.ErrLimit):
		p.notices = append(p.notices, notice{"body.decoded_limit", []any{sizeText(content.MaxDecoded)}})
	case s.body.State != flow.BodyWhole:
		// that it ends before its end is known already
	default:
		p.notices = append(p.notices, notice{"body.not_decoded", []any{p.codings, err.Error()}})
	}
	return bytes
}

// maxPicture bounds the width and height of a picture that is shown, in pixels;
// a larger one is made smaller.
const maxPicture = 1280

func (p *preparedBody) showPicture(bytes []byte, state flow.BodyState) bool {
	picture, format, err := content.Picture(bytes)
	p.format = strings.ToUpper(format)
	if err != nil {
		if state == flow.BodyWhole {
			p.notices = append(p.notices, notice{"body.no_picture", []any{err.Error()}})
		}
		return false
	}
	p.bounds = picture.Bounds().Size()
	size := p.bounds
	if longest := max(size.X, size.Y); longest > maxPicture {
		size = image.Pt(max(1, size.X*maxPicture/longest), max(1, size.Y*maxPicture/longest))
	}
	shown := image.NewNRGBA(image.Rectangle{Max: size}) // what the toolkit takes without another copy
	if size == p.bounds {
		draw.Draw(shown, shown.Bounds(), picture, picture.Bounds().Min, draw.Src)
	} else {
		draw.BiLinear.Scale(shown, shown.Bounds(), picture, picture.Bounds(), draw.Src, nil)
	}
	p.picture = shown
	return true
}

// maxShown bounds the text that is shown of a body, in bytes. Hex has no bound:
// it takes no memory beside the body.
const maxShown = content.MaxDecoded

func (p *preparedBody) showText(ctx context.Context, s *bodySource, choice bodyChoice, kind content.Kind, bytes []byte) {
	cut := s.body.State != flow.BodyWhole
	if len(bytes) > maxShown {
		bytes, cut = bytes[:maxShown], true
		p.notices = append(p.notices, notice{"body.shown_limit", []any{sizeText(maxShown)}})
	}
	contentType := s.contentType
	if choice.charset != "" {
		contentType = "text/plain; charset=" + choice.charset
	}
	var text string
	text, p.charset = content.Text(contentType, bytes)
	if ctx.Err() != nil {
		return
	}
	var colours func(string, bool) []docSpan
	switch kind {
	case content.JSON:
		indented, err := indentJSON(ctx, text, cut)
		switch err {
		case nil:
			text, colours = indented, jsonColours
		case errNoJSON:
			p.notices = append(p.notices, notice{"body.no_json", nil})
		case errLongJSON:
			p.notices = append(p.notices, notice{"body.long_json", []any{sizeText(maxIndented)}})
		}
	case content.Markup, content.Code:
		p.doc = p.codeDoc(ctx, s.contentType, text)
		return
	case content.Form:
		if strings.Count(text, "&") < maxFields {
			p.doc = formDoc(text)
			return
		}
		p.notices = append(p.notices, notice{"body.long_form", []any{countText(maxFields)}})
	}
	p.doc = newTextDoc(ctx, text, colours)
}

// formDoc is a form as a table.
func formDoc(text string) *fieldsDoc {
	form := &fieldsDoc{}
	for _, f := range content.FormFields(text) {
		form.add(rowField, f.Name, f.Value)
	}
	return form
}

const (
	// bodyPreview marks the beginning of a body, which is shown until the whole is ready.
	bodyPreview flow.BodyState = 0xff
	// bodyUpgraded marks what passed behind an upgrade to another protocol.
	bodyUpgraded flow.BodyState = 0xfe
	// previewFrom is the size from which a body has a preview, and previewBytes
	// how much of it that is.
	previewFrom  = 1 << 20
	previewBytes = 128 << 10
)

// preview is the beginning of a body of text, or nil where it needs none.
func preview(ctx context.Context, s *bodySource, choice bodyChoice) *preparedBody {
	if len(s.body.Bytes) < previewFrom || choice.mode == modeHex {
		return nil
	}
	begin := *s
	begin.body.Bytes = s.body.Bytes[:previewBytes]
	begin.body.State = bodyPreview
	p := prepareBody(ctx, &begin, choice)
	if p.size = int64(len(s.body.Bytes)); ctx.Err() != nil || p.doc == nil || !p.kind.IsText() && choice.mode != modeText {
		return nil
	}
	p.codings = "" // how large the whole is without them is not known yet
	return p
}
