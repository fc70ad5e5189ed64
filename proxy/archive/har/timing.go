package har

import (
	"time"

	"posthouse/proxy/flow"
)

// noTime is a step that did not happen, or of which nothing is known.
const noTime = time.Duration(-1)

// steps are the timings of an entry. ssl lies within connect.
type steps struct {
	blocked, dns, connect, ssl, send, wait, receive time.Duration
}

// stepsOf is how an exchange spent its time. Steps end at what flow.Timing knows, and
// one that ended before the step before it took no time: an origin may answer before it
// has the whole request. What an exchange that failed spent after its last known step is
// the time of the step that it failed in.
func stepsOf(t *flow.Timing, end time.Duration) steps {
	s := steps{noTime, noTime, noTime, noTime, noTime, noTime, noTime}
	at := time.Duration(0)
	step := func(to time.Duration) time.Duration {
		took := max(0, to-at)
		at = max(at, to)
		return took
	}
	if t.Reused {
		if t.Connected > 0 {
			s.blocked = step(t.Connected)
		}
	} else {
		if t.Resolved > 0 {
			s.dns = step(t.Resolved)
		}
		if t.Connected > 0 {
			s.connect = step(t.Connected)
			if t.Dialed > 0 {
				s.ssl = min(s.connect, max(0, t.Connected-t.Dialed))
			}
		}
	}
	if t.Sent > 0 {
		if t.FirstByte > 0 && t.Sent > t.FirstByte {
			s.send = step(t.FirstByte)
		} else {
			s.send = step(t.Sent)
		}
	}
	if t.FirstByte > 0 {
		s.wait = step(t.FirstByte)
		s.receive = step(max(end, at))
		return s
	}
	s.last(t, step(max(end, at)))
	return s
}

// last adds what was spent in the step that never ended.
func (s *steps) last(t *flow.Timing, took time.Duration) {
	switch {
	case took == 0:
	case t.Sent > 0:
		s.wait = took
	case t.Connected > 0:
		s.send = took
	case t.Resolved > 0 && !t.Reused:
		s.connect = took
	default:
		s.blocked = max(s.blocked, 0) + took
	}
}

// sum is the time of the whole entry.
func (s *steps) sum() (all time.Duration) {
	for _, d := range [...]time.Duration{s.blocked, s.dns, s.connect, s.send, s.wait, s.receive} {
		all += max(0, d)
	}
	return all
}

// timing is what the timings of an entry tell. Most who write HAR do not say whether a
// connection was used before: no time for it and none for a name say so.
func (s *steps) timing(end time.Duration) (t flow.Timing) {
	at := max(0, s.blocked)
	if s.dns >= 0 {
		at += s.dns
		t.Resolved = at
	}
	switch {
	case s.connect >= 0:
		began := at
		at += s.connect
		t.Connected = at
		if s.ssl >= 0 {
			t.Dialed = max(began, at-s.ssl)
		}
	case s.send >= 0 || s.wait >= 0:
		t.Connected = at
		t.Reused = s.dns < 0
	}
	if s.send >= 0 {
		at += s.send
		t.Sent = at
	}
	if s.wait >= 0 {
		at += s.wait
		t.FirstByte = at
	}
	at += max(0, s.receive)
	t.End = max(end, 0)
	if end < 0 {
		t.End = at
	}
	return t
}

// withoutBlocked takes what an imported exchange was blocked from the step that it began with.
func (s *steps) withoutBlocked(blocked time.Duration) {
	for _, step := range [...]*time.Duration{&s.blocked, &s.dns, &s.connect, &s.send, &s.wait, &s.receive} {
		if *step >= 0 {
			*step = max(0, *step-blocked)
			return
		}
	}
}

// put writes the timings. Those of an imported exchange have kept blocked, or had none. send, wait and receive may not
// be missing, nor less than 0 (HAR 1.2): of one that is not known 0 is written.
func (s *steps) put(b []byte, imported bool) []byte {
	for _, step := range [...]struct {
		name string
		took time.Duration
	}{{"blocked", s.blocked}, {"dns", s.dns}, {"connect", s.connect}, {"ssl", s.ssl}, {"send", max(0, s.send)},
		{"wait", max(0, s.wait)}, {"receive", max(0, s.receive)}} {
		if step.name == "blocked" && imported {
			continue
		}
		if step.took < 0 {
			b = number(b, step.name, -1)
		} else {
			b = millis(b, step.name, step.took)
		}
	}
	return b
}

// inMillis is a number of milliseconds as a duration; noTime for less than none, or for
// more than a century.
func inMillis(ms float64) time.Duration {
	const century = 100 * 365 * 24 * 60 * 60 * 1000
	if ms != ms || ms < 0 || ms > century {
		return noTime
	}
	return time.Duration(ms * float64(time.Millisecond))
}
