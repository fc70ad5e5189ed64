package rules

import "bytes"

// sink takes what comes of a body. What it is given is not kept.
type sink func(p []byte) error

// stage changes a body that passes piece by piece. It keeps no more than it must to find what
// stands over the border of two pieces.
type stage interface {
	write(p []byte, to sink) error
	close(to sink) error
	// held is how many bytes wait for what follows.
	held() int
}

// textStage replaces a text. What it holds is the beginning of the text, so that it is enough
// to know how much of it.
type textStage struct {
	f     *finder
	part  *BodyPart
	found int // bytes of the text that were found at the end of what came
}

func (s *textStage) held() int { return s.found }

func (s *textStage) write(p []byte, to sink) error {
	text, begin := s.f.text, 0 // begin: of p, the first byte that was not passed on
	before := s.found          // bytes of what was found that came with earlier pieces
	for i := 0; i < len(p); i++ {
		if s.found == 0 {
			next := bytes.IndexByte(p[i:], text[0])
			if next < 0 {
				break
			}
			i += next
		}
		for s.found > 0 && p[i] != text[s.found] {
			s.found = s.f.back[s.found]
		}
		if p[i] == text[s.found] {
			s.found++
		}
		if drop := before + i + 1 - begin - s.found; before > 0 && drop > 0 { // of what is held from before
			n := min(drop, before)
			if err := to(text[:n]); err != nil {
				return err
			}
			before -= n
		}
		if s.found < len(text) {
			continue
		}
		if end := i + 1 - (len(text) - before); end > begin {
			if err := to(p[begin:end]); err != nil {
				return err
			}
		}
		if !bytes.Equal(text, s.f.with) {
			s.part.Changed = true
		}
		if err := to(s.f.with); err != nil {
			return err
		}
		s.found, before, begin = 0, 0, i+1
	}
	if end := len(p) - (s.found - before); end > begin {
		return to(p[begin:end])
	}
	return nil
}

func (s *textStage) close(to sink) error {
	n := s.found
	s.found = 0
	if n == 0 {
		return nil
	}
	return to(s.f.text[:n])
}
