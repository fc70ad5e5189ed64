package document

import "unicode/utf8"

// What can be undone of one editor is bounded: in edits, and in bytes of their texts.
const (
	maxEdits     = 1000
	maxEditBytes = 32 << 20
)

// change is an edit: at a place, one text became another.
type change struct {
	at       int
	was, now string
}

func (c *change) size() int { return len(c.was) + len(c.now) }

// history is a stack of edits. Those that no longer fit are forgotten, the first ones first.
type history struct {
	all  []change
	size int
}

// add adds an edit of a person; characters that are typed one behind the other are one.
func (h *history) add(c change) {
	if n := len(h.all); n > 0 {
		last := &h.all[n-1]
		typed := c.was == "" && utf8.RuneCountInString(c.now) == 1 && c.now != "\n" && c.now != " "
		if typed && last.was == "" && last.at+len(last.now) == c.at && len(last.now) < 200 {
			last.now += c.now
			h.size += len(c.now)
			return
		}
	}
	h.push(c)
}

func (h *history) push(c change) {
	h.all = append(h.all, c)
	h.size += c.size()
	gone := 0
	for len(h.all)-gone > maxEdits || h.size > maxEditBytes && gone < len(h.all) {
		h.size -= h.all[gone].size()
		gone++
	}
	if gone > 0 {
		h.all = append([]change(nil), h.all[gone:]...)
	}
}

// take takes the last one off.
func (h *history) take() (change, bool) {
	n := len(h.all)
	if n == 0 {
		return change{}, false
	}
	c := h.all[n-1]
	h.all, h.size = h.all[:n-1], h.size-c.size()
	return c, true
}
