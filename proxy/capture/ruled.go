package capture

import "posthouse/proxy/flow"

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
