package clienthello

import (
	"encoding/binary"
	"slices"
	"sync"
)

// maxKept bounds the hellos that Kept has, of at most 16 KiB each as decrypt mirrors them.
const maxKept = 64

// Kept remembers ClientHellos by their JA4, those that came last. A nil one keeps none. All
// methods are safe for concurrent use; what they give is not to be changed.
type Kept struct {
	mu     sync.Mutex
	hellos []keptHello // the newest at the end
}

type keptHello struct {
	ja4   string
	hello *Hello
}

// Keep remembers a hello, nil for none.
func (k *Kept) Keep(h *Hello) {
	if k == nil || h == nil {
		return
	}
	ja4 := h.JA4()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.hellos = slices.DeleteFunc(k.hellos, func(o keptHello) bool { return o.ja4 == ja4 })
	if len(k.hellos) == maxKept {
		k.hellos = slices.Delete(k.hellos, 0, 1)
	}
	k.hellos = append(k.hellos, keptHello{ja4, h})
}

// Find is the hello with that JA4 that came last; nil where there is none.
func (k *Kept) Find(ja4 string) *Hello {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, o := range k.hellos {
		if o.ja4 == ja4 {
			return o.hello
		}
	}
	return nil
}

// For is the hello for another server: server_name names it, or is left out where that is
// "". What takes up a session or hides another hello, which is for one server alone, is
// left as it is: who mirrors it sends its own.
func (h *Hello) For(name string) *Hello {
	other := *h
	other.Extensions, other.ja4 = nil, ""
	for _, e := range h.Extensions {
		if e.ID == ExtServerName {
			if name == "" {
				continue
			}
			b := binary.BigEndian.AppendUint16(nil, uint16(len(name)+3))
			b = binary.BigEndian.AppendUint16(append(b, 0), uint16(len(name)))
			e.Body = append(b, name...)
		}
		other.Extensions = append(other.Extensions, e)
	}
	return &other
}
