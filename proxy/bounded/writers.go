package bounded

import (
	"strings"
	"sync"
)

// Head keeps the first Max bytes that are written to it, and takes the rest.
type Head struct {
	Max  int
	kept []byte
}

func (h *Head) Write(p []byte) (int, error) {
	h.kept = append(h.kept, p[:min(len(p), max(0, h.Max-len(h.kept)))]...)
	return len(p), nil
}

// Bytes are what was kept.
func (h *Head) Bytes() []byte { return h.kept }

// Tail keeps the last Max bytes that are written to it. It is safe for concurrent
// use: a program may write to it while its words are read.
type Tail struct {
	Max  int
	mu   sync.Mutex
	kept []byte
}

func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p[max(0, len(p)-t.Max):]...)
	t.kept = append(t.kept[:0], t.kept[max(0, len(t.kept)-t.Max):]...)
	return len(p), nil
}

// Bytes are what was kept.
func (t *Tail) Bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]byte(nil), t.kept...)
}

// LastLine is the last line that says anything, without the spaces around it.
func (t *Tail) LastLine() string {
	lines := strings.Split(strings.TrimSpace(string(t.Bytes())), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
