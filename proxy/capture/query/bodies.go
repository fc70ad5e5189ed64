package query

import (
	"container/list"
	"context"
	"errors"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// Bodies decodes the bodies that queries look at, each once, and keeps what took time to
// decode for the next query: at most the bytes it was made with, the ones used least lately
// leave first. It is for the exchanges of one store, and belongs to one goroutine.
type Bodies struct {
	ctx    context.Context
	budget int64

	x     *flow.Exchange
	now   [4]*decoded // of x, in the order of its Bodies
	bufs  [4][]byte   // that these were decoded into where nothing is kept
	known map[bodyKey]*list.Element
	order *list.List // of *decoded, the last used first
	used  int64
}

// bodyKey names a body that does not change any longer.
type bodyKey struct {
	id   flow.ID
	nth  int // of the exchange's Bodies
	kept int
	size int64
}

// decoded is a body as it is searched.
type decoded struct {
	key    bodyKey
	text   []byte
	binary bool // it is no text
	lack   Lack
}

// cost is what it holds beside the exchange, in bytes.
func (d *decoded) cost() int64 { return int64(len(d.text)) + 200 }

// DefaultBudget is what a Bodies keeps for the next query, in bytes.
const DefaultBudget = 32 << 20

// maxBuffer bounds the memory of a decoded body that is used for the next one, in bytes.
const maxBuffer = 1 << 20

// NewBodies makes one; ctx calls searches off. budget is in bytes; with 0 a text is
// valid until another exchange is looked at.
func NewBodies(ctx context.Context, budget int64) *Bodies {
	return &Bodies{ctx: ctx, budget: budget, known: map[bodyKey]*list.Element{}, order: list.New()}
}

// SetContext has another context call searches off.
func (b *Bodies) SetContext(ctx context.Context) { b.ctx = ctx }

// open goes to another exchange.
func (b *Bodies) open(x *flow.Exchange) {
	if b.x != x {
		b.x, b.now = x, [4]*decoded{}
	}
}

// Text is one of the exchange's Bodies as it is searched: as UTF-8 where it is text. It must not
// be changed.
func (b *Bodies) Text(x *flow.Exchange, nth int) (text []byte, lack Lack) {
	b.open(x)
	text, _, lack = b.text(nth)
	return text, lack
}

func (b *Bodies) text(nth int) (text []byte, binary bool, lack Lack) {
	if nth >= 2 && b.x.Bodies()[nth].State == flow.BodyNone { // no other went on in place of what came
		return nil, false, 0
	}
	d := b.now[nth]
	if d == nil {
		d = b.decode(nth)
		b.now[nth] = d
	}
	return d.text, d.binary, d.lack
}

// headOfBody is the head that an exchange's body of that place stands behind.
func headOfBody(x *flow.Exchange, nth int) []byte {
	switch nth {
	case 0:
		return x.RequestHead
	case 1:
		return x.ResponseHead
	}
	request, response := x.RuledHeads()
	if nth == 2 {
		return request
	}
	return response
}

func (b *Bodies) decode(nth int) *decoded {
	body, head := b.x.Bodies()[nth], headOfBody(b.x, nth)
	d := &decoded{key: bodyKey{b.x.ID, nth, len(body.Bytes), body.Size}, lack: bodyLack(b.x, body)}
	if len(body.Bytes) == 0 {
		return d
	}
	final := b.x.Phase.Final()
	if e, ok := b.known[d.key]; ok && final {
		b.order.MoveToFront(e)
		return e.Value.(*decoded)
	}
	plain, err := content.DecodeIn(b.bufs[nth], content.HeadValue(head, "content-encoding"), body.Bytes)
	if err == nil && b.budget == 0 && plain.Codings != "" && cap(plain.Body) <= maxBuffer { // else it is perhaps the exchange's
		b.bufs[nth] = plain.Body
	}
	if err != nil && !(errors.Is(err, content.ErrCut) && d.lack != 0) {
		d.lack |= LackUndecoded
	}
	var copied bool
	d.text, d.binary, copied = content.Searchable(content.HeadValue(head, "content-type"), plain.Body)
	if final && (copied || plain.Codings != "") {
		b.keep(d)
	}
	return d
}

// keep keeps what was decoded for the next query.
func (b *Bodies) keep(d *decoded) {
	if d.cost() > b.budget {
		return
	}
	b.known[d.key] = b.order.PushFront(d)
	for b.used += d.cost(); b.used > b.budget; {
		e := b.order.Back()
		old := b.order.Remove(e).(*decoded)
		delete(b.known, old.key)
		b.used -= old.cost()
	}
}

// bodyLack says what is missing of a body.
func bodyLack(x *flow.Exchange, body *flow.Body) Lack {
	if hidden := x.Kind == flow.KindTunnel || x.Kind == flow.KindUpgraded; hidden && body.Size > int64(len(body.Bytes)) {
		return LackTunnel
	}
	switch body.State {
	case flow.BodyNone:
		if !x.Phase.Final() {
			return LackArriving
		}
	case flow.BodyArriving:
		return LackArriving
	case flow.BodyCut:
		return LackCut
	case flow.BodyEvicted:
		return LackEvicted
	case flow.BodyNotRecorded:
		if body.Size > 0 || !x.Phase.Final() {
			return LackNotRecorded
		}
	}
	return 0
}

// Kept is how many bytes and bodies are kept for the next query.
func (b *Bodies) Kept() (bytes int64, bodies int) { return b.used, len(b.known) }
