package charles

import (
	"encoding/base64"
	"strings"
	"time"

	"posthouse/proxy/archive"
	"posthouse/proxy/archive/message"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// transaction is what Charles writes of an exchange.
type transaction struct {
	Status          string         `json:"status"`
	Method          string         `json:"method"`
	ProtocolVersion string         `json:"protocolVersion"`
	Scheme          string         `json:"scheme"`
	Host            string         `json:"host"`
	Port            int            `json:"port"`
	ActualPort      int            `json:"actualPort"`
	Path            string         `json:"path"`
	Query           string         `json:"query"`
	Tunnel          bool           `json:"tunnel"`
	WebSocket       bool           `json:"webSocket"`
	KeptAlive       bool           `json:"keptAlive"`
	RemoteAddress   string         `json:"remoteAddress"`
	ClientAddress   string         `json:"clientAddress"`
	ClientPort      int            `json:"clientPort"`
	Times           times          `json:"times"`
	Durations       durations      `json:"durations"`
	Notes           string         `json:"notes"`
	Error           string         `json:"errorMessage"`
	Exception       string         `json:"exception"`
	SSL             map[string]any `json:"ssl"`
	ALPN            map[string]any `json:"alpn"`
	Request         *side          `json:"request"`
	Response        *side          `json:"response"`
}

type times struct {
	Start           string `json:"start"`
	RequestBegin    string `json:"requestBegin"`
	RequestComplete string `json:"requestComplete"`
	ResponseBegin   string `json:"responseBegin"`
	End             string `json:"end"`
}

// durations are in milliseconds, nil where something did not happen.
type durations struct {
	DNS     *float64 `json:"dns"`
	Connect *float64 `json:"connect"`
	SSL     *float64 `json:"ssl"`
}

// side is one of both messages.
type side struct {
	Status          int    `json:"status"`
	MimeType        string `json:"mimeType"`
	Charset         string `json:"charset"`
	ContentEncoding string `json:"contentEncoding"`
	Sizes           struct {
		Headers int64 `json:"headers"`
		Body    int64 `json:"body"`
	} `json:"sizes"`
	Header *struct {
		FirstLine string          `json:"firstLine"`
		Headers   []message.Field `json:"headers"`
	} `json:"header"`
	Body *struct {
		Text     *string `json:"text"`
		Encoding string  `json:"encoding"`
		Encoded  string  `json:"encoded"`
		Decoded  bool    `json:"decoded"`
	} `json:"body"`
}

func (t *transaction) exchange(limits archive.Limits) *flow.Exchange {
	x := &flow.Exchange{}
	x.Method, x.Proto, x.Scheme = t.Method, message.Proto(t.ProtocolVersion), strings.ToLower(t.Scheme)
	if x.Scheme == "wss" {
		x.Scheme = "https"
	}
	port := t.ActualPort
	if port == 0 {
		port = t.Port
	}
	x.Host, x.Path = message.Authority(x.Scheme, t.Host, port), t.Path
	if x.Path == "" {
		x.Path = "/"
	}
	if t.Query != "" {
		x.Path += "?" + t.Query
	}
	if t.Tunnel || strings.EqualFold(t.Method, "CONNECT") {
		x.Kind, x.Method, x.Scheme, x.Path = flow.KindTunnel, "CONNECT", "", ""
		x.Host = message.Authority("", t.Host, port)
	}
	x.Start = moment(t.Times.Start)
	t.request(x, limits)
	t.response(x, limits)
	t.timing(x)
	x.Client = message.Addr(address(t.ClientAddress), t.ClientPort)
	x.Remote = message.Addr(address(t.RemoteAddress), port)
	x.Note = message.Note(t.Notes)
	if t.Status != "COMPLETE" && t.Status != "" {
		x.Phase, x.Failure = flow.PhaseFailed, flow.FailureOriginClosed
		why := t.Error
		if why == "" {
			why = t.Exception
		}
		if why == "" {
			why = t.Status
		}
		x.Reason = reason.Text.With(strings.ToValidUTF8(why, "\ufffd")).Cut()
	}
	x.Foreign = message.Foreign("charles", t.rest(x), nil)
	message.Finish(x, true)
	return x
}

// request makes the head: with the first line of the file where that is one.
func (t *transaction) request(x *flow.Exchange, limits archive.Limits) {
	if t.Request == nil {
		return
	}
	x.RequestBody = t.Request.content(limits)
	t.Request.recode(&x.RequestBody)
	fields, first := t.Request.fields(x.Host)
	if words := strings.Fields(first); len(words) == 3 && words[0] == x.Method && strings.HasPrefix(words[2], "HTTP/1.") {
		row := x.Row
		row.Proto, row.Scheme, row.Path, row.Host = words[2], "-", words[1], words[1]
		x.Proto = words[2]
		x.RequestHead = message.RequestHead(&row, fields)
		return
	}
	x.RequestHead = message.RequestHead(&x.Row, fields)
}

func (t *transaction) response(x *flow.Exchange, limits archive.Limits) {
	if t.Response == nil {
		return
	}
	fields, first := t.Response.fields("")
	status := t.Response.Status
	if status == 0 {
		status = message.Status(first)
	}
	if status < 100 || status > 999 {
		return
	}
	x.Status = status
	proto, phrase := x.Proto, ""
	if words := strings.SplitN(first, " ", 3); len(words) >= 2 && message.Status(first) == status {
		proto = message.Proto(words[0])
		if len(words) == 3 {
			phrase = words[2]
		}
	}
	x.ResponseHead = message.ResponseHead(proto, status, phrase, fields)
	x.ResponseBody = t.Response.content(limits)
	t.Response.recode(&x.ResponseBody)
}

// recode puts a decoded body into its codings again, so that the head is right.
func (s *side) recode(b *flow.Body) {
	if b.State != flow.BodyWhole || s.ContentEncoding == "" || message.IsCoded(s.ContentEncoding, b.Bytes) {
		return
	}
	coded, ok := message.Recoded(s.ContentEncoding, b.Bytes)
	if !ok {
		return
	}
	b.Bytes = coded
	b.Size = int64(len(coded))
	if s.Sizes.Body > 0 {
		b.Size = s.Sizes.Body
	}
}

// fields are the field lines, with a Host where there is no head at all but one is known,
// and the first line.
func (s *side) fields(host string) ([]message.Field, string) {
	if s.Header != nil {
		return s.Header.Headers, s.Header.FirstLine
	}
	var fields []message.Field
	if host != "" {
		fields = append(fields, message.Field{Name: "Host", Value: host})
	}
	if s.MimeType != "" {
		value := s.MimeType
		if s.Charset != "" {
			value += "; charset=" + s.Charset
		}
		fields = append(fields, message.Field{Name: "Content-Type", Value: value})
	}
	return fields, ""
}

// content is a body: text, or base64. The file's own size stands where the body is missing.
func (s *side) content(limits archive.Limits) flow.Body {
	if s.Body == nil {
		return message.Missing(s.Sizes.Body)
	}
	if s.Body.Text != nil {
		return s.cut(message.Kept([]byte(*s.Body.Text), limits.Body), int64(len(*s.Body.Text)), limits)
	}
	text := s.Body.Encoded
	b := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, _ := base64.StdEncoding.Decode(b, []byte(text)) // what comes before a fault stands
	return s.cut(message.Kept(b[:n], limits.Body), int64(n), limits)
}

// cut says of a body that it was longer, where the file says so and the string was cut.
func (s *side) cut(b flow.Body, kept int64, limits archive.Limits) flow.Body {
	if kept >= limits.Body && s.Sizes.Body > b.Size {
		b.State, b.Size = flow.BodyCut, s.Sizes.Body
	}
	if b.State == flow.BodyNone && s.Sizes.Body > 0 {
		return message.Missing(s.Sizes.Body)
	}
	return b
}

func (t *transaction) timing(x *flow.Exchange) {
	since := func(text string) time.Duration { return message.Since(x.Start, moment(text)) }
	x.Timing.Reused = t.KeptAlive
	at := time.Duration(0)
	for _, step := range []struct {
		took *float64
		to   *time.Duration
	}{{t.Durations.DNS, &x.Timing.Resolved}, {t.Durations.Connect, &x.Timing.Connected}, {t.Durations.SSL, &x.Timing.Connected}} {
		if step.took == nil || *step.took < 0 || *step.took > 1e9 {
			continue
		}
		if step.took == t.Durations.SSL && at > 0 {
			x.Timing.Dialed = at
		}
		at += max(time.Duration(*step.took*float64(time.Millisecond)), 1)
		*step.to = at
	}
	x.Timing.Sent = since(t.Times.RequestComplete)
	x.Timing.FirstByte = since(t.Times.ResponseBegin)
	x.Timing.End = since(t.Times.End)
}

// rest is what an exchange has no place for.
func (t *transaction) rest(x *flow.Exchange) map[string]any {
	rest := map[string]any{"status": t.Status}
	if len(t.SSL) > 0 {
		rest["ssl"] = t.SSL
	}
	if len(t.ALPN) > 0 {
		rest["alpn"] = t.ALPN
	}
	if t.WebSocket {
		rest["webSocket"] = true
	}
	if s := t.Response; s != nil && s.Body != nil && s.Body.Decoded {
		rest["decoded"] = true
		rest["encodedSize"] = s.Sizes.Body
	}
	return rest
}

// address is the address in "name/1.2.3.4", "/1.2.3.4" or "1.2.3.4".
func address(text string) string {
	if at := strings.LastIndexByte(text, '/'); at >= 0 {
		text = text[at+1:]
	}
	return text
}

func moment(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC()
}
