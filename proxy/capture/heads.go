package capture

import "bytes"

// Interim notes a 1xx head.
func (r *Record) Interim(head []byte) {
	if !r.listed {
		return
	}
	r.mu.Lock()
	if len(r.kept.interim)+len(head) <= r.kept.extraLimit() && !r.metadataOnly {
		r.kept.interim = r.kept.appendExtra(r.kept.interim, head)
	}
	r.changed()
	r.mu.Unlock()
	r.s.signalLate()
}

// RequestTrailer notes the request's trailer section, or a part of it.
func (r *Record) RequestTrailer(p []byte) { r.trailer(0, p) }

// ResponseTrailer notes the response's trailer section, or a part of it.
func (r *Record) ResponseTrailer(p []byte) { r.trailer(1, p) }

func (r *Record) trailer(i int, p []byte) {
	if !r.listed || r.metadataOnly {
		return
	}
	r.mu.Lock()
	room := r.kept.extraLimit() - len(r.kept.trailers[i])
	r.kept.trailers[i] = r.kept.appendExtra(r.kept.trailers[i], p[:max(0, min(len(p), room))])
	r.changed()
	r.mu.Unlock()
	r.s.signalLate()
}

// Unusable notes what came of an answer that is not passed on; a later one replaces
// it. What lies behind an empty line is kept up to the limit of a body. Nothing is
// kept once recording is off.
func (r *Record) Unusable(p []byte) {
	s := r.s
	if !r.listed || r.metadataOnly || len(p) == 0 || !r.kept.recorded() {
		return
	}
	kept := min(int64(len(p)), int64(headEnd(p))+s.bodyLimit.Load(), int64(r.kept.extraLimit()))
	r.mu.Lock()
	r.kept.unusable = r.kept.appendExtra(r.kept.unusable[:0], p[:kept])
	r.changed()
	r.mu.Unlock()
	s.signalLate()
}

// headEnd is where the first empty line of p ends, or all of it. Lines before the
// first that is not empty do not count, and LF ends a line as CR LF does.
func headEnd(p []byte) int {
	for at, begun := 0, false; ; {
		i := bytes.IndexByte(p[at:], '\n')
		if i < 0 {
			return len(p)
		}
		empty := len(bytes.TrimRight(p[at:at+i], "\r")) == 0
		if at += i + 1; empty && begun {
			return at
		}
		begun = begun || !empty
	}
}
