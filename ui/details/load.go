package details

import (
	"context"
	"runtime/debug"
	"time"

	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
)

// readState is what the worker remembers from one load to the next.
type readState struct {
	exchange *flow.Exchange
	anew     uint64 // Details.anew when it was read
	large    bool   // it took so much memory that the system should have it back soon
	left     bool   // a large one was left
	bodies   [2]struct {
		of   bodyKey
		body *document.Prepared
	}
}

// bodyKey tells whether a prepared body is still up to date.
type bodyKey struct {
	id     flow.ID
	state  flow.BodyState
	kept   int
	size   int64
	head   int
	went   bool
	choice document.Choice
}

const (
	// liveInterval is how often at most an exchange under way is read again.
	liveInterval = 250 * time.Millisecond
	// liveShare is how many times as long as a load took there is a pause after
	// it: a large body that arrives takes a part of one core, not all of it.
	liveShare = 3
)

// loadNow is load without a pause: a person waits for it.
func (d *Details) loadNow() {
	d.nextAt = time.Time{}
	d.load()
}

// load has the worker read the chosen exchange if it has changed, and prepare
// the body of the tab that is open.
func (d *Details) load() {
	id, side, choices := d.id, -1, [2]document.Choice{d.request.body.choice, d.response.body.choice}
	switch d.Tabs.Selected {
	case tabRequest:
		side = 0
	case TabResponse:
		side = 1
	}
	if d.Exchange == nil || d.Exchange.ID != id {
		choices = [2]document.Choice{} // another exchange is shown as is usual
	}
	went := [2]bool{d.request.versions.shows(id), d.response.versions.shows(id)}
	again, changes, anew := d.changes != d.seen, d.changes, d.anew
	d.loading = true
	d.worker.PostAt(document.TaskShow, d.nextAt, func(ctx context.Context) {
		begun := time.Now()
		if d.read.anew != anew {
			d.forgetRead()
			d.read.anew = anew
		}
		x := d.readExchange(id, again)
		var body *document.Prepared
		if x != nil && side >= 0 {
			m := messageIn(x, side == 1, went[side])
			d.preview(ctx, x, m, choices[side])
			body = d.prepare(ctx, m, choices[side])
		}
		took := time.Since(begun)
		defer d.giveBack()
		d.worker.HandOver(ctx, func() {
			d.loading, d.seen = false, changes
			d.nextAt = time.Now().Add(max(liveInterval, liveShare*took))
			d.gone = x == nil // it left memory before it was read
			d.render(x, body)
			d.follow()
		})
	})
}

// readExchange is on the worker's goroutine; nil is an exchange that is gone.
func (d *Details) readExchange(id flow.ID, again bool) *flow.Exchange {
	last := d.read.exchange
	known := last != nil && last.ID == id
	if !known {
		d.forgetRead() // what was prepared of another one is of no use
	}
	if known && !again {
		return last
	}
	if known && last.Phase.Final() {
		return annotated(d, last)
	}
	x, ok := d.deps.Get(id)
	switch {
	case ok:
		d.read.exchange = &x
	case !known:
		return nil
	}
	return d.read.exchange // a row that left memory meanwhile: what was read of it is still good
}

// annotated is a finished exchange with what is said about it now: nothing else of it
// changes but that it may leave memory.
func annotated(d *Details, last *flow.Exchange) *flow.Exchange {
	if row, ok := d.deps.Row(last.ID); ok && row.Annotation != last.Annotation {
		x := *last // which the UI goroutine reads
		x.Annotation = row.Annotation
		d.read.exchange = &x
	}
	return d.read.exchange
}

// preview shows the beginning of a large body while the whole is being prepared.
func (d *Details) preview(ctx context.Context, x *flow.Exchange, m message, choice document.Choice) {
	kept := &d.read.bodies[m.side()]
	if kept.body != nil && kept.of.choice == choice && kept.of.went == m.went {
		return // there is more to see already
	}
	if p := document.Preview(ctx, m.source(), choice); p != nil {
		d.worker.HandOver(ctx, func() { d.render(x, p) })
	}
}

// prepare is on the worker's goroutine. What it returns after ctx ended is not
// to be shown.
func (d *Details) prepare(ctx context.Context, m message, choice document.Choice) *document.Prepared {
	source := m.source()
	key := bodyKey{m.exchange.ID, source.Body.State, len(source.Body.Bytes), source.Body.Size, len(m.exchange.ResponseHead), m.went, choice}
	kept := &d.read.bodies[m.side()]
	if kept.body == nil || kept.of != key {
		p := document.Prepare(ctx, source, choice)
		if ctx.Err() != nil {
			return nil
		}
		kept.of, kept.body = key, p
		d.read.large = d.read.large || max(p.Size, p.Decoded) >= largeBody
	}
	return kept.body
}

// largeBody is the size from which memory is given back to the system once a
// body is no longer shown, in bytes: shown, it takes several times that.
const largeBody = 8 << 20

// forgetRead is on the worker's goroutine.
func (d *Details) forgetRead() {
	d.read = readState{left: d.read.left || d.read.large, anew: d.read.anew}
}

// giveBack gives the memory of a large body that was left back to the system,
// when the pane shows another. It is on the worker's goroutine.
func (d *Details) giveBack() {
	if d.read.left {
		d.read.left = false
		debug.FreeOSMemory()
	}
}

// message is one side of an exchange.
type message struct {
	exchange *flow.Exchange
	response bool
	head     []byte
	trailer  []byte
	body     *flow.Body
	went     bool // it went on in place of another, see messageIn
}

// side is 1 of a response.
func (m message) side() int {
	if m.response {
		return 1
	}
	return 0
}

// MessageOf is the response of an exchange, or its request, as it came.
func MessageOf(x *flow.Exchange, response bool) message {
	if response {
		return message{exchange: x, response: true, head: x.ResponseHead, trailer: x.ResponseTrailer, body: &x.ResponseBody}
	}
	return message{exchange: x, head: x.RequestHead, trailer: x.RequestTrailer, body: &x.RequestBody}
}

// readable is a body with a state that says why there is nothing to read.
func readable(x *flow.Exchange, body *flow.Body) *flow.Body {
	if x.Kind != flow.KindUpgraded || body.State != flow.BodyNotRecorded {
		return body
	}
	return &flow.Body{State: document.Upgraded, Size: body.Size}
}

func (m message) source() *document.Source {
	_, fields := content.Fields(m.head)
	return &document.Source{Body: *readable(m.exchange, m.body), ContentType: content.Value(fields, "Content-Type"),
		Codings: content.Value(fields, "Content-Encoding")}
}
