package flow

import (
	"encoding/binary"
	"strconv"
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

// RuledHeads are the heads that went on: those after rules, else as they came.
func (x *Exchange) RuledHeads() (request, response []byte) {
	request, response = x.Ruled.Request, x.Ruled.Response
	if request == nil {
		request = x.RequestHead
	}
	if response == nil {
		response = x.ResponseHead
	}
	return request, response
}

// Replaced reports whether another request, or response, went on than came, and both are known:
// their heads differ, or their bodies.
func (x *Exchange) Replaced(response bool) bool {
	if response {
		return x.Ruled.Response != nil || x.Ruled.ResponseBody.State != BodyNone
	}
	return x.Ruled.Request != nil || x.Ruled.RequestBody.State != BodyNone
}

// Came is an exchange with its messages as they came, and nothing of what rules made of them.
// Heads and bodies are x's own.
func (x *Exchange) Came() Exchange {
	out := *x
	out.Ruled = Ruled{}
	if status, ok := statusOf(x.ResponseHead); ok && x.Ruled.Response != nil {
		out.Status = status
	}
	return out
}

// Went is Came with the messages as they went on: what the origin got, and the client. Of the
// row method, path and status are theirs.
func (x *Exchange) Went() Exchange {
	out := *x
	out.Ruled = Ruled{}
	out.RequestHead, out.ResponseHead = x.RuledHeads()
	if x.Ruled.RequestBody.State != BodyNone {
		out.RequestBody = x.Ruled.RequestBody
	}
	if x.Ruled.ResponseBody.State != BodyNone {
		out.ResponseBody = x.Ruled.ResponseBody
	}
	out.RequestSize, out.ResponseSize = out.RequestBody.Size, out.ResponseBody.Size
	if method, path, ok := targetOf(x.Ruled.Request); ok {
		out.Method, out.Path = method, path
	}
	return out
}

// targetOf is what the head of a request asks for: its path without an origin before it.
func targetOf(head []byte) (method, path string, ok bool) {
	if len(head) > 0 && head[0] == ':' {
		method, ok = pseudo(head, ":method: ")
		path, there := pseudo(head, ":path: ")
		return method, path, ok && there
	}
	line, _, _ := strings.Cut(string(head), "\n")
	method, rest, ok := strings.Cut(strings.TrimRight(line, "\r"), " ")
	target, _, ended := strings.Cut(rest, " ")
	if _, behind, whole := strings.Cut(target, "://"); whole && !strings.HasPrefix(target, "/") {
		target = "/"
		if i := strings.IndexAny(behind, "/?"); i >= 0 {
			target = behind[i:]
		}
		if target[0] == '?' {
			target = "/" + target
		}
	}
	return method, target, ok && ended && target != ""
}

// statusOf is the status that the head of a response has.
func statusOf(head []byte) (status int, ok bool) {
	text, there := pseudo(head, ":status: ")
	if !there {
		line, _, _ := strings.Cut(string(head), "\n")
		_, rest, _ := strings.Cut(line, " ")
		text = rest[:min(len(rest), 3)]
	}
	status, err := strconv.Atoi(text)
	return status, err == nil && status >= 100
}

// pseudo is the value of a pseudo-header field (RFC 9113 section 8.3), which are the first ones.
func pseudo(head []byte, before string) (value string, ok bool) {
	for line := range strings.Lines(string(head)) {
		if line[0] != ':' {
			break
		}
		if value, ok = strings.CutPrefix(strings.TrimRight(line, "\r\n"), before); ok {
			return value, true
		}
	}
	return "", false
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
