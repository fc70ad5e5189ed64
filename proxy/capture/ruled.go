package capture

import (
	"encoding/binary"
	"unsafe"

	"posthouse/proxy/flow"
)

// Ruled says what a rule did; what was said before stays.
func (r *Record) Ruled(effects flow.Effects, did ...flow.Reason) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	k := &r.kept.ruled
	k.effects |= effects
	for _, one := range did {
		k.did += flow.PackReasons([]flow.Reason{one.Cut()}, flow.MaxDid-len(k.did))
	}
	r.changed()
	r.mu.Unlock()
	r.s.signal()
}

// Applied says that a rule applied, whose name is what the reason begins with: that is told when the
// row ends if nothing else was told of the rule.
func (r *Record) Applied(idle flow.Reason) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	k := &r.kept.ruled
	k.idle += flow.PackReasons([]flow.Reason{idle.Cut()}, flow.MaxDid-len(k.idle))
	r.mu.Unlock()
}

// tellIdle tells of the rules of which nothing was told.
func (k *ruled) tellIdle() {
	if k.idle == "" {
		return
	}
	name := func(r flow.Reason) any {
		if args := r.Args(); len(args) > 0 {
			return args[0]
		}
		return nil
	}
	told := map[any]bool{}
	for _, r := range flow.UnpackReasons(k.did) {
		told[name(r)] = true
	}
	for _, r := range flow.UnpackReasons(k.idle) {
		if label := name(r); !told[label] {
			told[label] = true
			k.did += flow.PackReasons([]flow.Reason{r}, flow.MaxDid-len(k.did))
		}
	}
	k.idle = ""
}

// RuledRequest notes the head of the request as it went on after rules.
func (r *Record) RuledRequest(head []byte) { r.ruledHead(0, head) }

// RuledResponse notes the head of the response as it went on after rules.
func (r *Record) RuledResponse(head []byte) { r.ruledHead(1, head) }

func (r *Record) ruledHead(i int, head []byte) {
	if !r.listed || r.metadataOnly {
		return
	}
	r.mu.Lock()
	heads := &r.kept.ruled.heads
	heads[i] = r.kept.appendExtra(heads[i][:0], head[:min(len(head), r.kept.extraLimit())])
	r.changed()
	r.mu.Unlock()
	r.s.signalLate()
}

// went is what went on in place of a body.
type went struct {
	body
	same  int64 // bytes that passed as they came before anything else did, while noted is false
	noted bool  // another body went on, be it empty
}

const wentCost = int64(unsafe.Sizeof([2]went{}))

func (w *went) state(final bool) flow.BodyState {
	if w.noted && w.size == 0 {
		return flow.BodyWhole
	}
	return w.body.state(final)
}

// Went is what went on in place of one of a record's bodies.
type Went struct {
	r *Record
	i int // 0: of the request
}

// Went is that of the request, or of the response.
func (r *Record) Went(request bool) Went {
	if request {
		return Went{r, 0}
	}
	return Went{r, 1}
}

// Add notes a piece of it, and keeps it up to the limit. One without a byte says that there is
// one, be it empty.
func (w Went) Add(p []byte) { w.add(p, false) }

// Same notes a piece that passed as it came. Up to the first that did not, nothing is kept of such
// pieces: they are the beginning of the body that came, which the record knows already.
func (w Went) Same(p []byte) { w.add(p, true) }

func (w Went) add(p []byte, same bool) {
	r := w.r
	if !r.listed || r.metadataOnly {
		return
	}
	r.mu.Lock()
	k := &r.kept
	if k.ruled.went == nil && k.hold(wentCost) {
		k.ruled.went = new([2]went)
	}
	if k.ruled.went != nil {
		b := &k.ruled.went[w.i]
		if same && !b.noted {
			b.same += int64(len(p))
		} else {
			k.beginWent(b, w.i)
			b.size += int64(len(p))
			k.keepWent(&b.body, p)
		}
	}
	r.changed()
	r.mu.Unlock()
	r.s.signalLate()
}

// beginWent says that another body goes on, and keeps of it what passed as it came.
func (k *contents) beginWent(b *went, i int) {
	if b.noted {
		return
	}
	b.noted = true
	if b.same == 0 {
		return
	}
	came := [...]*body{&k.request, &k.response}[i]
	p, _ := k.s.readBody(came.ref, int(came.stage.Len)) // of one that was evicted there is nothing
	if int64(len(p)) == came.ref.logged {
		p = append(p, k.staged(came)...)
	}
	b.size = b.same
	p = p[:min(int64(len(p)), b.same)]
	k.keepWent(&b.body, p)
	b.stopped = b.stopped || int64(len(p)) < b.same
}

// None says that it is no other body than came after all.
func (w Went) None() {
	r := w.r
	if !r.listed {
		return
	}
	r.mu.Lock()
	if all := r.kept.ruled.went; all != nil && all[w.i] != (went{}) {
		b := &all[w.i]
		r.s.mu.Lock()
		r.s.bodies.forget(b.ref)
		*b = went{}
		r.s.mu.Unlock()
		r.changed()
	}
	r.mu.Unlock()
	r.s.signalLate()
}

// keepWent keeps a piece as keep does, without a stage.
func (k *contents) keepWent(b *body, p []byte) {
	if b.stopped || !k.recorded() {
		b.stopped = true
		return
	}
	room := max(0, k.s.bodyLimit.Load()-b.kept())
	b.stopped = int64(len(p)) > room
	k.toLog(b, p[:min(int64(len(p)), room)])
}

// packWent writes where the bodies lie as one of the row's texts; final is body.state's.
func (k *contents) packWent(final bool) string {
	if k.ruled.went == nil {
		return ""
	}
	var b []byte
	for i := range k.ruled.went {
		w := &k.ruled.went[i]
		for _, n := range [...]uint64{uint64(w.state(final)), w.ref.first, w.ref.last, uint64(w.ref.logged), uint64(w.size)} {
			b = binary.AppendUvarint(b, n)
		}
	}
	return string(b)
}

// unpackWent undoes packWent.
func unpackWent(text string, r *flow.Ruled) (refs [2]bodyRef) {
	b := []byte(text)
	next := func() uint64 {
		n, size := binary.Uvarint(b)
		b = b[max(0, size):]
		return n
	}
	for i, to := range [...]*flow.Body{&r.RequestBody, &r.ResponseBody} {
		if len(b) == 0 {
			break
		}
		to.State = flow.BodyState(next())
		refs[i] = bodyRef{first: next(), last: next(), logged: int64(next())}
		to.Size = int64(next())
	}
	return refs
}
