package http1

import "bytes"

// keptNames bounds the memory for detached names that a reused head keeps, in bytes.
const keptNames = 1 << 10

// Detach copies the names that Connection lists, so that Named can be asked
// when the bytes of the head are gone, as they are when a trailer section comes.
func (h *Head) Detach() {
	total := 0
	for _, name := range h.named {
		total += len(name)
	}
	if total == 0 {
		return
	}
	if cap(h.names) < total || cap(h.names) > keptNames {
		h.names = make([]byte, 0, total)
	}
	h.names = h.names[:0]
	for i, name := range h.named {
		start := len(h.names)
		h.names = append(h.names, name...)
		h.named[i] = h.names[start:]
	}
}

// NextField reads the first line of a trailer section that Chunks has accepted
// into f and returns the lines behind it.
func NextField(section []byte, f *Field) []byte {
	end := bytes.IndexByte(section, '\n') + 1
	if end == 0 || parseField(section[:end], f) != nil {
		*f = Field{Line: section}
		return nil
	}
	return section[end:]
}
