package http1

import "bytes"

// Limits bound what one head may be. All three must be above zero.
type Limits struct {
	StartLine int // bytes of the first line, without CR LF
	Head      int // bytes of the whole head
	Fields    int // number of field lines
}

// Lines finds the end of a head in bytes that arrive piece by piece, and
// remembers where each line ends, so that nothing is looked at twice.
type Lines struct {
	ends []int32 // offset behind each line's LF
	from int     // where the search goes on
	told bool    // First has returned the start-line
}

// Reset forgets the head; memory for an ordinary number of lines is kept.
func (l *Lines) Reset() {
	if cap(l.ends) > 4*keptFields {
		l.ends = nil
	}
	l.ends, l.from, l.told = l.ends[:0], 0, false
}

// Scan looks for the empty line that ends the head in b, which begins with the
// head and holds all that was passed before. It returns the head's length, or 0
// while the end has not arrived. CR LF before the first line is the caller's to skip.
func (l *Lines) Scan(b []byte, limits *Limits) (int, error) {
	for {
		i := bytes.IndexByte(b[l.from:], '\n')
		if i < 0 {
			// Remember how far the search came, but look at nothing behind it again.
			l.from = len(b)
			return 0, l.checkPartial(b, limits)
		}
		end := l.from + i + 1
		start := l.lastEnd()
		// The limits come first, as in checkPartial, so that it does not matter in
		// which pieces the bytes arrived.
		if len(l.ends) == 0 && end-2 > limits.StartLine {
			return 0, ErrLineTooLong
		}
		if end > limits.Head {
			return 0, ErrHeadTooLarge
		}
		if end-start < 2 || b[end-2] != '\r' {
			return 0, ErrBareLF
		}
		if end-start == 3 && b[start] == '\r' { // some take it for the end: there may be no other
			return 0, ErrControl
		}
		l.from = end
		l.ends = append(l.ends, int32(end))
		if end-start == 2 {
			return end, nil
		}
		if len(l.ends)-1 > limits.Fields {
			return 0, ErrTooManyFields
		}
	}
}

// First returns the start-line in b without its CR LF, once, as soon as Scan
// has found its end; nil before and later. It is for telling a peer immediately
// that its first line will do no good, however slowly the rest may come.
func (l *Lines) First(b []byte) []byte {
	if l.told || len(l.ends) == 0 {
		return nil
	}
	l.told = true
	return l.line(b, 0)
}

func (l *Lines) lastEnd() int {
	if len(l.ends) == 0 {
		return 0
	}
	return int(l.ends[len(l.ends)-1])
}

func (l *Lines) checkPartial(b []byte, limits *Limits) error {
	if len(l.ends) == 0 && len(b) > limits.StartLine+2 {
		return ErrLineTooLong
	}
	if len(b) > limits.Head {
		return ErrHeadTooLarge
	}
	return nil
}

// line returns line i of head without its CR LF.
func (l *Lines) line(head []byte, i int) []byte {
	start := 0
	if i > 0 {
		start = int(l.ends[i-1])
	}
	return head[start : l.ends[i]-2]
}
