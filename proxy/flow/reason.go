package flow

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// ReasonCode is the stable name of something that happened, such as "origin-refused".
// Package reason has them all, each with its sentence in English.
type ReasonCode string

// Reason says what happened to an exchange: a code, and the arguments of its sentence.
// It is comparable, its zero value says nothing, and one without arguments costs no
// memory. Words are made of it where they are shown.
type Reason struct {
	Code ReasonCode
	args string // packed, see appendArg
}

// MaxReason bounds a reason in a row, in bytes of its code and its packed arguments.
const MaxReason = 256

// Cut is the reason in at most MaxReason bytes: the longest texts are shortened.
func (r Reason) Cut() Reason {
	if len(r.Code)+len(r.args) <= MaxReason {
		return r
	}
	return Reason{r.Code, packed(r.Args(), MaxReason-len(r.Code))}
}

// With is the reason of this code with its arguments: texts, integers, durations, and
// other reasons, which a sentence has inside of it. Anything else counts as its text.
func (c ReasonCode) With(args ...any) Reason {
	if len(args) == 0 {
		return Reason{Code: c}
	}
	return Reason{c, packed(args, math.MaxInt)}
}

// PackedReason is a reason from what Packed gave.
func PackedReason(code, args string) Reason { return Reason{ReasonCode(code), args} }

// Packed is a reason in two texts, for a store.
func (r Reason) Packed() (code, args string) { return string(r.Code), r.args }

// IsZero reports whether there is nothing to say.
func (r Reason) IsZero() bool { return r == Reason{} }

// Args are the arguments: string, int64, time.Duration or Reason each.
func (r Reason) Args() []any {
	var all []any
	for rest := r.args; rest != ""; {
		kind := rest[0]
		size, n := binary.Uvarint([]byte(rest[1:min(len(rest), 1+binary.MaxVarintLen32)]))
		if n <= 0 || size > uint64(len(rest)-1-n) {
			break // not ours
		}
		text := rest[1+n:][:size]
		rest = rest[1+n+int(size):]
		all = append(all, unpacked(kind, text))
	}
	return all
}

// Kinds of packed arguments.
const (
	argText     = 't'
	argNumber   = 'n'
	argDuration = 'd'
	argReason   = 'r' // its code, a zero, its own arguments
)

func unpacked(kind byte, text string) any {
	switch kind {
	case argNumber:
		n, _ := strconv.ParseInt(text, 10, 64)
		return n
	case argDuration:
		n, _ := strconv.ParseInt(text, 10, 64)
		return time.Duration(n)
	case argReason:
		for i := range len(text) {
			if text[i] == 0 {
				return Reason{ReasonCode(text[:i]), text[i+1:]}
			}
		}
		return Reason{Code: ReasonCode(text)}
	}
	return text
}

// packed packs arguments into room bytes.
func packed(args []any, room int) string {
	var space [MaxReason + 64]byte
	b := space[:0]
	for _, arg := range args {
		b = appendArg(b, arg)
	}
	if len(b) > room {
		b = shortened(args, room)
	}
	return string(b)
}

// shortened cuts the longest arguments until they fit. What cannot be cut is left out.
func shortened(args []any, room int) []byte {
	args = append([]any(nil), args...)
	for tries := 2 * len(args); ; tries-- {
		var b []byte
		longest, size := 0, -1
		for i, arg := range args {
			before := len(b)
			b = appendArg(b, arg)
			if n := len(b) - before; n > size {
				longest, size = i, n
			}
		}
		switch over := len(b) - room; {
		case over <= 0:
			return b
		case tries == 0:
			return nil
		default:
			args[longest] = cutArg(args[longest], max(0, size-over-4))
		}
	}
}

// cutArg shortens a text, or the texts inside a reason, to at most n bytes.
func cutArg(arg any, n int) any {
	switch arg := arg.(type) {
	case Reason:
		if n -= len(arg.Code) + 1; n <= 0 {
			return ""
		}
		return Reason{arg.Code, packed(arg.Args(), n)}
	default:
		return cutText(argString(arg), n)
	}
}

const cutMark = "…"

// cutText cuts between runes, and shows that it did.
func cutText(text string, n int) string {
	if len(text) <= n {
		return text
	}
	if n -= len(cutMark); n <= 0 {
		return ""
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + cutMark
}

func argString(arg any) string {
	if text, ok := arg.(string); ok {
		return text
	}
	return fmt.Sprint(arg)
}

// appendArg appends the kind, the length and the text of an argument.
func appendArg(b []byte, arg any) []byte {
	switch arg := arg.(type) {
	case int:
		return appendPacked(b, argNumber, strconv.Itoa(arg))
	case int64:
		return appendPacked(b, argNumber, strconv.FormatInt(arg, 10))
	case time.Duration:
		return appendPacked(b, argDuration, strconv.FormatInt(int64(arg), 10))
	case Reason:
		b = binary.AppendUvarint(append(b, argReason), uint64(len(arg.Code)+1+len(arg.args)))
		return append(append(append(b, arg.Code...), 0), arg.args...)
	case ReasonCode:
		return appendArg(b, Reason{Code: arg})
	}
	return appendPacked(b, argText, argString(arg))
}

func appendPacked(b []byte, kind byte, text string) []byte {
	return append(binary.AppendUvarint(append(b, kind), uint64(len(text))), text...)
}

// Explained is an error that has a reason.
type Explained interface {
	error
	Reason() Reason
}
