package decrypt

import (
	"fmt"
	"strings"

	"posthouse/proxy/http1"
)

// Hosts is a compiled list of host patterns. Its zero value matches nothing.
//
// A pattern is a name, an address, "*" for every host, or "*.example.com" for
// all names below example.com (not for example.com itself). One that begins with
// "-" or "!" is an exception, which wins wherever it stands. Case and a trailing
// dot do not matter, nor how an address is written (127.1, 0:0::1).
type Hosts struct {
	all      bool
	names    map[string]struct{} // exact, lower case
	below    map[string]struct{} // "example.com" of "*.example.com"
	excepted *Hosts
}

// maxHost bounds the host names that are looked at, in bytes; DNS knows none longer.
const maxHost = 255

// ParseHosts compiles patterns.
func ParseHosts(patterns []string) (*Hosts, error) {
	h := &Hosts{}
	for _, p := range patterns {
		text := strings.TrimSpace(p)
		to := h
		if rest := strings.TrimLeft(text, "-!"); len(text)-len(rest) == 1 {
			text = rest
			if h.excepted == nil {
				h.excepted = &Hosts{}
			}
			to = h.excepted
		}
		if err := to.add(text); err != nil {
			return nil, fmt.Errorf("the host pattern %q cannot be used: %w", p, err)
		}
	}
	return h, nil
}

func (h *Hosts) add(text string) error {
	if text == "*" {
		h.all = true
		return nil
	}
	to := &h.names
	name, wild := strings.CutPrefix(text, "*.")
	if wild {
		to = &h.below
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if addr, _ := http1.HostAddr(strings.Trim(name, "[]")); addr.IsValid() && !wild {
		name = addr.String()
	} else if err := checkName(name); err != nil {
		return err
	}
	if *to == nil {
		*to = make(map[string]struct{})
	}
	(*to)[name] = struct{}{}
	return nil
}

func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("it names no host; write a name, *.example.com or *")
	case len(name) > maxHost:
		return fmt.Errorf("it is longer than %d bytes", maxHost)
	case strings.Contains(name, "*"):
		return fmt.Errorf("a * stands alone or for the first label, as in *.example.com")
	case strings.ContainsAny(name, "/:@ \t?#"):
		return fmt.Errorf("write the host alone, without scheme, port or path")
	}
	return nil
}

// Empty reports whether nothing can match.
func (h *Hosts) Empty() bool { return h == nil || !h.all && len(h.names) == 0 && len(h.below) == 0 }

// Match reports whether host, a name or an address without brackets, is in the
// list and not excepted. It allocates nothing.
func (h *Hosts) Match(host []byte) bool {
	if h.Empty() || len(host) > maxHost {
		return !h.Empty() && h.all && h.excepted.Empty()
	}
	var space [maxHost]byte
	name := canonical(space[:0], host)
	if h.excepted != nil && h.excepted.has(name) {
		return false
	}
	return h.has(name)
}

// Excepts reports whether host, as for Match, is one of the exceptions, or longer than
// any of them can be. It allocates nothing.
func (h *Hosts) Excepts(host []byte) bool {
	if h == nil || h.excepted.Empty() {
		return false
	}
	if len(host) > maxHost {
		return true
	}
	var space [maxHost]byte
	return h.excepted.has(canonical(space[:0], host))
}

// canonical appends host to name in the form in which patterns are kept.
func canonical(name, host []byte) []byte {
	if addr, _ := http1.HostAddr(host); addr.IsValid() {
		name, host = addr.AppendTo(name), nil
	}
	for _, c := range host {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		name = append(name, c)
	}
	if n := len(name); n > 0 && name[n-1] == '.' {
		name = name[:n-1]
	}
	return name
}

func (h *Hosts) has(name []byte) bool {
	if h.all {
		return true
	}
	if _, ok := h.names[string(name)]; ok {
		return true
	}
	if len(h.below) == 0 {
		return false
	}
	for i, c := range name {
		if c != '.' || i == 0 {
			continue
		}
		if _, ok := h.below[string(name[i+1:])]; ok {
			return true
		}
	}
	return false
}
