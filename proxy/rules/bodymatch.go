package rules

import (
	"bytes"
	"io"
	"time"
	"unicode/utf8"

	"posthouse/proxy/reason"
)

// patternStage replaces what a regular expression finds. It holds what may be the beginning of
// a match, at most MaxMatch bytes: what is longer is not found, and passes as it came. The
// result is the same into whatever pieces a body falls.
type patternStage struct {
	f    *finder
	part *BodyPart

	window []byte // what was not passed on, behind the last character that was
	lead   int    // bytes of that character; 0 where the body begins
	next   int    // how much must be held to be looked at again
	off    bool   // it is too slow: all passes

	seen  int64         // bytes
	spent time.Duration // looking for matches
}

// A pattern is too slow that stays behind slowest bytes a second once it was given slowStart.
const (
	slowest   = 512 << 10
	slowStart = 5 * time.Second
	eager     = 4 << 10 // bytes of a window that is looked at whatever came; a longer one once it has grown by a quarter
)

func newPatternStage(f *finder, part *BodyPart) *patternStage {
	return &patternStage{f: f, part: part}
}

func (s *patternStage) held() int { return len(s.window) - s.lead }

func (s *patternStage) write(p []byte, to sink) error {
	for len(p) > 0 {
		if s.off {
			return to(p)
		}
		n := min(len(p), MaxMatch-s.held())
		s.window = append(s.window, p[:n]...)
		s.seen += int64(n)
		if p = p[n:]; s.held() < s.next && s.held() < MaxMatch {
			continue
		}
		if err := s.look(to, false); err != nil {
			return err
		}
		s.next = 0
		if n := s.held(); n > eager {
			s.next = n + n/4
		}
	}
	return nil
}

func (s *patternStage) close(to sink) error {
	if s.held() == 0 {
		return nil
	}
	return s.look(to, true)
}

// look passes on what is decided: all that is left where the body ends.
func (s *patternStage) look(next sink, ends bool) error {
	began := time.Now()
	to := func(p []byte) error { // which may wait for who takes it, and is no looking
		gave := time.Now()
		err := next(p)
		began = began.Add(time.Since(gave))
		return err
	}
	text, full := s.window, s.held() == MaxMatch
	if !ends {
		text = wholeRunes(text)
	}
	at, wait := s.lead, -1
	for at < len(text) && !s.off {
		loc := s.decided(text, at, ends)
		if loc == nil {
			if ends {
				wait = len(text)
			} else if wait < at {
				wait = s.waits(text, at)
			}
			if loc = s.match(text, at); loc == nil || loc[0] >= wait {
				if err := to(text[at:wait]); err != nil {
					return err
				}
				at = wait
				break
			}
		}
		if err := s.replace(to, text, at, loc); err != nil {
			return err
		}
		at = loc[1]
		s.spent += time.Since(began)
		began = time.Now()
		s.slow()
	}
	s.spent += time.Since(began)
	s.slow()
	switch {
	case s.off:
	case full && at == s.lead && !ends: // it has begun, and has no end within reach
		s.part.failed(reason.RuleMatchLong.With(MaxMatch))
	default:
		s.keep(at)
		return nil
	}
	err := to(s.window[at:])
	s.keep(len(s.window))
	return err
}

// keep forgets what stands before at, but for its last character.
func (s *patternStage) keep(at int) {
	if at > 0 {
		_, s.lead = utf8.DecodeLastRune(s.window[:at])
	}
	s.window = append(s.window[:0], s.window[at-s.lead:]...)
}

// slow gives up where looking takes too long.
func (s *patternStage) slow() {
	if s.spent > slowStart+time.Duration(s.seen)*time.Second/slowest {
		s.off = true
		s.part.failed(reason.RuleSlow.With())
	}
}

// match finds the first match from at on; the indexes of its groups follow.
func (s *patternStage) match(text []byte, at int) (loc []int) {
	p, from := s.f.pattern, at
	if p.behind == nil || at == 0 {
		loc = p.find.FindSubmatchIndex(text[at:])
	} else { // what stands before decides too
		_, n := utf8.DecodeLastRune(text[:at])
		from -= n
		if loc = p.behind.FindSubmatchIndex(text[from:]); loc != nil {
			loc = append([]int{loc[2], loc[1]}, loc[4:]...)
		}
	}
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += from
		}
	}
	return loc
}

// waits is where the first match from at on may begin of which more is to come.
func (s *patternStage) waits(text []byte, at int) int {
	from := max(at, len(text)-s.f.pattern.reach)
	for from > at && !utf8.RuneStart(text[from]) {
		from--
	}
	p := s.f.pattern
	if p.begun == nil {
		return from
	}
	if p.prefix == nil {
		return from + p.begun.FindIndex(text[from:])[0]
	}
	for began, n := time.Now(), 0; n%16 != 15 || time.Since(began) < prefixTime; n++ {
		next := bytes.Index(text[from:], p.prefix)
		if next < 0 {
			return len(text) - begunAt(text[from:], p.prefix)
		}
		if from += next; p.begunHere.Match(text[from:]) {
			return from
		}
		from++
	}
	return from + p.begun.FindIndex(text[from:])[0]
}

// decided is the first match from at on where that is one whatever follows the text, of an expression that takes as
// little as it can (.*?): more could begin there at any time, and never comes. So it is matched rune by rune until
// nothing else is possible. Nil is not known.
func (s *patternStage) decided(text []byte, at int, ends bool) (loc []int) {
	p := s.f.pattern
	if !p.early || ends {
		return nil
	}
	skip := bytes.Index(text[at:], p.prefix) // 0 where that is not known
	if skip < 0 {
		return nil
	}
	at += skip
	r := runeReader{rest: text[at:]}
	if loc = p.find.FindReaderSubmatchIndex(&r); loc == nil || r.ended {
		return nil
	}
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += at
		}
	}
	return loc
}

// runeReader reads a text, and knows whether its end was read.
type runeReader struct {
	rest  []byte
	ended bool
}

func (r *runeReader) ReadRune() (c rune, size int, err error) {
	if len(r.rest) == 0 {
		r.ended = true
		return 0, 0, io.EOF
	}
	c, size = utf8.DecodeRune(r.rest)
	r.rest = r.rest[size:]
	return c, size, nil
}

// prefixTime bounds how long begins are looked at one by one, each of which may be read up to the
// end: most end soon.
const prefixTime = time.Millisecond

// begunAt is how much of the begin of prefix, and not all, stands at the end of text.
func begunAt(text, prefix []byte) int {
	for n := min(len(prefix)-1, len(text)); n > 0; n-- {
		if bytes.Equal(text[len(text)-n:], prefix[:n]) {
			return n
		}
	}
	return 0
}

// replace passes on what stands before a match, and what comes in its place.
func (s *patternStage) replace(to sink, text []byte, at int, loc []int) error {
	if loc[0] > at {
		if err := to(text[at:loc[0]]); err != nil {
			return err
		}
	}
	found := text[loc[0]:loc[1]]
	if grows := (len(found) + 1) * bytes.Count(s.f.with, []byte("$")); grows > MaxBody {
		s.part.failed(reason.RuleBodyGrew.With(MaxBody))
		return to(found)
	}
	with := s.f.pattern.find.Expand(nil, s.f.with, text, loc)
	if !bytes.Equal(with, found) {
		s.part.Changed = true
	}
	return to(with)
}

// wholeRunes is a text without the begin of a character at its end.
func wholeRunes(p []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if c := p[len(p)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(p[len(p)-n:]) {
				return p[:len(p)-n]
			}
			break
		}
	}
	return p
}
