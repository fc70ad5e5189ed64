package query

import (
	"strconv"

	"posthouse/proxy/flow"
)

// hasWord looks for needle, in lower case, in what the list shows of a row.
func hasWord(r *flow.Row, needle string) bool {
	if foldContains(r.Host, needle) || foldContains(r.Path, needle) || foldContains(r.Method, needle) ||
		foldContains(r.ContentType, needle) {
		return true
	}
	if r.Failure != flow.FailureNone && foldContains(r.Failure.String(), needle) || foldContains(r.TLS.SNI, needle) {
		return true
	}
	if r.Status != 0 && len(needle) == 3 {
		var space [8]byte
		if string(strconv.AppendInt(space[:0], int64(r.Status), 10)) == needle {
			return true
		}
	}
	return acrossURL(r, needle)
}

// acrossURL looks where scheme, host and path meet; each alone was searched before,
// so of the path only its beginning matters. It allocates nothing; of longer URLs
// the beginning is looked at.
func acrossURL(r *flow.Row, needle string) bool {
	var space [512]byte
	b := space[:0]
	if r.Scheme != "" {
		b = append(append(b, r.Scheme...), "://"...)
	}
	b = append(b, r.Host[:min(len(r.Host), cap(b)-len(b))]...)
	b = append(b, r.Path[:min(len(r.Path), len(needle), cap(b)-len(b))]...)
	return bytesContain(b, needle)
}

// foldContains reports whether s holds needle, whatever the case of its ASCII
// letters. needle is in lower case.
func foldContains(s, needle string) bool {
	if len(needle) == 0 {
		return true
	}
	first := needle[0]
	for i := 0; i+len(needle) <= len(s); i++ {
		if lower(s[i]) == first && foldPrefix(s[i:], needle) {
			return true
		}
	}
	return false
}

// same reports whether two texts differ in nothing but the case of ASCII letters.
func same(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func foldPrefix(s, needle string) bool {
	for i := 1; i < len(needle); i++ {
		if lower(s[i]) != needle[i] {
			return false
		}
	}
	return true
}

func bytesContain(s []byte, needle string) bool {
	if len(needle) == 0 {
		return true
	}
outer:
	for i := 0; i+len(needle) <= len(s); i++ {
		for j := range len(needle) {
			if lower(s[i+j]) != needle[j] {
				continue outer
			}
		}
		return true
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
