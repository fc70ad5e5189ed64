package flow

import (
	"encoding/binary"
	"strings"
)

// Effects say what rules did to an exchange. It is a set.
type Effects uint8

const (
	EffectApplied  Effects = 1 << iota // a rule applied
	EffectRequest                      // the request that went on is not what came
	EffectResponse                     // the response that the client got is not the origin's
	EffectAnswered                     // a rule answered in place of the origin
	EffectBlocked                      // a rule blocked it
	EffectDelayed                      // it waited because of a rule
	EffectFailed                       // a part of a rule could not be done, and was passed over
)

var effectCodes = [...]string{"applied", "request", "response", "answered", "blocked", "delayed", "failed"}

// Codes are the names of the effects, in a fixed order.
func (e Effects) Codes() []string {
	var codes []string
	for i, code := range effectCodes {
		if e&(1<<i) != 0 {
			codes = append(codes, code)
		}
	}
	return codes
}

func (e Effects) String() string { return strings.Join(e.Codes(), ",") }

// Modified reports whether a message is another than it was without rules.
func (e Effects) Modified() bool {
	return e&(EffectRequest|EffectResponse|EffectAnswered|EffectBlocked) != 0
}

// Ruled is what rules did, and what became of the messages.
type Ruled struct {
	Did      []Reason // one thing after the other, each with the name of its rule first
	Request  []byte   // the head of the request after the rules, where one changed it; else nil
	Response []byte   // likewise of the response

	// What went on in place of a body that a rule changed, coded as the head says; its State is
	// BodyNone where none did.
	RequestBody  Body
	ResponseBody Body
}

// MaxDid bounds what is told of rules in one exchange, in bytes of PackReasons.
const MaxDid = 2 << 10

// PackReasons writes reasons as one text, for a store: as many as go into max bytes.
func PackReasons(list []Reason, max int) string {
	var b []byte
	for _, r := range list {
		before := len(b)
		for _, part := range [...]string{string(r.Code), r.args} {
			b = binary.AppendUvarint(b, uint64(len(part)))
			b = append(b, part...)
		}
		if len(b) > max {
			return string(b[:before])
		}
	}
	return string(b)
}

// UnpackReasons undoes PackReasons. What is not its text is left out.
func UnpackReasons(text string) (list []Reason) {
	part := func() (string, bool) {
		size, n := binary.Uvarint([]byte(text[:min(len(text), binary.MaxVarintLen32)]))
		if n <= 0 || size > uint64(len(text)-n) {
			return "", false
		}
		s := text[n:][:size]
		text = text[n+int(size):]
		return s, true
	}
	for text != "" {
		code, ok := part()
		args, more := part()
		if !ok || !more {
			break
		}
		list = append(list, Reason{ReasonCode(code), args})
	}
	return list
}
