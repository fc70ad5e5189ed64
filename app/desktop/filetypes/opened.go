package filetypes

import "sync"

// maxHanded bounds the files that wait to be taken: as many as one start may name.
const maxHanded = 64

// handed keeps files that the system hands over until they are taken.
type handed struct {
	more chan struct{} // there are some

	mu    sync.Mutex
	paths []string
}

func newHanded() *handed { return &handed{more: make(chan struct{}, 1)} }

// put adds files; what is beyond the bound is passed over. It never waits.
func (h *handed) put(paths []string) {
	h.mu.Lock()
	h.paths = append(h.paths, paths[:min(len(paths), maxHanded-len(h.paths))]...)
	h.mu.Unlock()
	select {
	case h.more <- struct{}{}:
	default:
	}
}

// take returns what came since.
func (h *handed) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	paths := h.paths
	h.paths = nil
	return paths
}

// Handed has the system hand over files that are opened with this program while it runs, as macOS does;
// it is to be called before the toolkit is begun with. more says that there are some, and take returns
// them. more is nil where the system starts the program anew for each.
func Handed() (more <-chan struct{}, take func() []string) {
	h := newHanded()
	if !receive(h.put) {
		return nil, h.take
	}
	return h.more, h.take
}
