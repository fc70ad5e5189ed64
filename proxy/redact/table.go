package redact

import (
	"bytes"
	"crypto/sha256"
	"strconv"
	"sync"
)

const (
	// MaxSecrets bounds the secrets that one Masker tells apart.
	MaxSecrets = 16384
	// maxKnownBytes bounds what is kept to find secrets by their bytes, in bytes.
	maxKnownBytes = 8 << 20
	// maxKey is the length from which a secret is remembered by its hash, in bytes.
	maxKey = 256
	// maxKnown is the longest secret that is looked for by its bytes.
	maxKnown = 4096
)

// The placeholder: opener, number, closer.
const (
	opener = "‹secret"
	closer = "›"
)

// table numbers secrets.
type table struct {
	mu     sync.RWMutex
	bySelf map[string]*secret // by canonical form, long ones by a hash of it
	last   int                // the greatest number that was given
	known  known
}

// secret is one that was met. Its number is 0 until it is masked somewhere: of some it is only
// known that they are one, as of the password in the credentials of Basic.
type secret struct{ number int }

// meet remembers a secret as it was read in its place, without that place's encoding; raw is
// how it was written there. nil is one for which there is no room.
func (t *table) meet(value, raw []byte) *secret {
	key := keyOf(value)
	t.mu.RLock()
	s := t.bySelf[string(key)]
	t.mu.RUnlock()
	if s != nil {
		return s
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.entry(key, value, raw)
}

// number is the number of a secret, which it gets when it is first masked.
func (t *table) number(s *secret) int {
	if s == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.number == 0 {
		t.last++
		s.number = t.last
	}
	return s.number
}

// learn remembers a secret that is masked only where its bytes are found.
func (t *table) learn(value []byte) {
	if telling(value) {
		t.meet(value, value)
	}
}

// entry is called with the lock held.
func (t *table) entry(key, value, raw []byte) *secret {
	if s := t.bySelf[string(key)]; s != nil {
		return s
	}
	if len(t.bySelf) >= MaxSecrets {
		return nil
	}
	s := &secret{}
	t.bySelf[string(key)] = s
	if telling(value) && len(value) <= maxKnown {
		for _, form := range forms(value, raw) {
			t.known.add(form, s)
		}
	}
	return s
}

// seen counts the secrets that have a number.
func (t *table) seen() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.last
}

// keyOf is what a secret is remembered by: a space and a plus are the same, because a form and
// a URL do not always say which was meant.
func keyOf(value []byte) []byte {
	if len(value) > maxKey {
		sum := sha256.Sum256(value)
		return append([]byte{0}, sum[:]...)
	}
	if bytes.IndexByte(value, ' ') >= 0 {
		return bytes.ReplaceAll(value, []byte(" "), []byte("+"))
	}
	return value
}

// minKnown is the shortest secret that is looked for by its bytes: what is shorter stands in
// too many places by chance.
const minKnown = 8

// telling reports whether a secret is looked for by its bytes: not words, numbers and dates,
// which are in many texts, but what somebody or something made up.
func telling(value []byte) bool {
	if len(value) < minKnown {
		return false
	}
	letters, digits, inner := false, false, false
	for i, c := range value {
		switch {
		case c <= ' ':
			return false
		case isDigit(c):
			digits = true
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters = true
			inner = inner || i > 0 && c <= 'Z'
		}
	}
	return letters && (digits || inner) || len(value) >= 24
}

// appendPlaceholder adds what stands in a secret's place. In URLs and forms a plus is the space.
func appendPlaceholder(to []byte, number int, plus bool) []byte {
	to = append(to, opener...)
	if number > 0 {
		space := byte(' ')
		if plus {
			space = '+'
		}
		to = strconv.AppendInt(append(to, space), int64(number), 10)
	}
	return append(to, closer...)
}

// nothing are values that are no secret, whatever their name says.
var nothing = map[string]bool{"": true, "null": true, "undefined": true, "true": true, "false": true, "none": true, "nil": true}

// isSecret reports whether a value is one and not masked already. What only begins with a
// placeholder is one.
func isSecret(value []byte) bool {
	if size := placeholderSize(value); size > 0 && size == len(value) {
		return false
	}
	return !(len(value) <= 9 && nothing[string(value)])
}
