package compare

import (
	"strconv"
	"strings"
)

// A step of a path that is ignored: a name, a place, or any place.
type step struct {
	name  string
	index int
	array bool
	any   bool
}

// ignoredPaths are those of a list that are paths of JSON; the others are names of
// parameters.
func ignoredPaths(list []string) (all [][]step) {
	for _, text := range list {
		if steps, ok := parsePath(text); ok {
			all = append(all, steps)
		}
	}
	return all
}

// AnyPlace is a path with every place in an array replaced by any.
func AnyPlace(path string) string {
	steps, ok := parsePath(path)
	if !ok {
		return path
	}
	var b strings.Builder
	b.WriteByte('$')
	for _, s := range steps {
		switch {
		case s.array:
			b.WriteString("[*]")
		case plainName(s.name):
			b.WriteString("." + s.name)
		default:
			b.WriteString("['" + escapeName(s.name) + "']")
		}
	}
	return b.String()
}

// parsePath reads what path.String writes, and [*].
func parsePath(text string) (steps []step, ok bool) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, false
	}
	for rest != "" {
		var s step
		switch {
		case strings.HasPrefix(rest, "['"):
			s.name, rest, ok = quotedName(rest[2:])
		case rest[0] == '[':
			var inside string
			if inside, rest, ok = strings.Cut(rest[1:], "]"); ok {
				s.array, s.any = true, inside == "*"
				if !s.any {
					var err error
					s.index, err = strconv.Atoi(inside)
					ok = err == nil
				}
			}
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			s.name, rest = rest[1:1+end], rest[1+end:]
			ok = plainName(s.name)
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
		steps = append(steps, s)
	}
	return steps, true
}

var unescapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f', '\\': '\\', '\'': '\''}

func quotedName(s string) (name, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			c, known := unescapes[s[i+1]]
			if !known {
				return "", "", false
			}
			b.WriteByte(c)
			i++
		case strings.HasPrefix(s[i:], "']"):
			return b.String(), s[i+2:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

// ignores reports whether a path is ignored, or one that it lies below.
func (w *walk) ignores(p *path) bool {
	if len(w.ignore) == 0 {
		return false
	}
	var way []*path
	for ; p.up != nil; p = p.up {
		way = append(way, p)
	}
	for _, steps := range w.ignore {
		if len(steps) > len(way) {
			continue
		}
		fits := true
		for i, s := range steps {
			at := way[len(way)-1-i]
			if s.array != at.array || s.array && !s.any && s.index != at.index || !s.array && s.name != at.name {
				fits = false
				break
			}
		}
		if fits {
			return true
		}
	}
	return false
}
