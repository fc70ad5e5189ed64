package har

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// exchange makes an exchange of an entry.
func (e *entry) exchange(h *Reader) *flow.Exchange {
	if len(e.own) > 0 && e.own[0] == '{' {
		return e.ownExchange()
	}
	if p, first := h.pages[e.pageref]; first && e.pageref != "" {
		e.foreign.members[partPage] = p
		delete(h.pages, e.pageref)
		h.pageRoom += int64(len(p))
	}
	x := &flow.Exchange{Foreign: e.foreign.json()}
	x.ID, x.Kind, x.Phase, x.Start = flow.ID(h.entries), flow.KindHTTP, flow.PhaseDone, e.started
	if !fiddlerComment.MatchString(e.comment) {
		x.Note = note(e.comment)
	}
	e.target(x)
	e.heads(x)
	e.bodies(x)
	e.end(x)
	return x
}

// fiddlerComment is what Fiddler puts in for its own use.
var fiddlerComment = regexp.MustCompile(`^\[#\d+\]\s*$`)

// note is a comment as a note may be.
func note(comment string) string {
	comment = strings.ToValidUTF8(comment, "\ufffd")
	for len(comment) > flow.MaxNote {
		_, last := utf8.DecodeLastRuneInString(comment[:flow.MaxNote+1])
		comment = comment[:flow.MaxNote+1-max(last, 1)]
	}
	return comment
}

// target fills in what the request is for.
func (e *entry) target(x *flow.Exchange) {
	x.Method = e.request.method
	x.Scheme, x.Host, x.Path = cutURL(e.request.url)
	if x.Scheme == "" && x.Host == "" && x.Path != "" && x.Path[0] != '/' && x.Method == "CONNECT" {
		x.Host, x.Path = x.Path, "" // an authority, as a tunnel has it
	}
	if x.Method == "CONNECT" {
		x.Kind = flow.KindTunnel
		if _, port, ok := cutPort(x.Host); x.Scheme != "" && (!ok || port == "") {
			x.Host += ":" + defaultPorts[x.Scheme]
		}
		x.Scheme, x.Path = "", ""
	}
	if e.response.status == 101 {
		x.Kind = flow.KindUpgraded
	}
	x.Remote = remote(e.server, x.Scheme, x.Host)
	x.Proto = protoOf(e.request.version)
	if x.Proto == "" {
		if x.Proto = protoOf(e.response.version); x.Proto == "" {
			x.Proto = "HTTP/1.1"
		}
		if bytes.HasPrefix(e.request.block, []byte{':'}) {
			x.Proto = "HTTP/2.0"
		}
	}
}

// protoOf is a version as it is called here; "" for what says none.
func protoOf(version string) string {
	switch v := strings.ToLower(strings.TrimSpace(version)); v {
	case "", "unknown", "http", "data", "blob", "about", "file", "chrome-extension":
		return ""
	case "h2", "h2c", "http/2", "http/2.0", "http/2+quic/46", "spdy", "spdy/3.1":
		return "HTTP/2.0"
	case "h3", "http/3", "http/3.0", "h3-29", "h3-q050", "quic":
		return "HTTP/3.0"
	case "http/1", "http/1.0":
		return "HTTP/1.0"
	default:
		if strings.HasPrefix(v, "h3") || strings.HasPrefix(v, "http/3") || strings.Contains(v, "quic") {
			return "HTTP/3.0"
		}
		return "HTTP/1.1"
	}
}

// later reports whether a version's heads have no start-line.
func later(proto string) bool { return proto == "HTTP/2.0" || proto == "HTTP/3.0" }

// heads makes heads of the fields. There was a start-line that the file does not have,
// or pseudo-header fields, which not all of those who write HAR write.
func (e *entry) heads(x *flow.Exchange) {
	b := make([]byte, 0, len(e.request.block)+len(e.request.url)+64)
	switch {
	case !later(x.Proto):
		b = requestLine(b, token(x.Method), oneWord(target(&x.Row)), x.Proto)
	case !bytes.HasPrefix(e.request.block, []byte{':'}):
		b = appendField(b, []byte(":method"), []byte(x.Method))
		b = appendField(b, []byte(":scheme"), []byte(x.Scheme))
		b = appendField(b, []byte(":authority"), []byte(x.Host))
		b = appendField(b, []byte(":path"), []byte(x.Path))
	}
	x.RequestHead = append(append(b, withoutPseudo(e.request.block, later(x.Proto))...), "\r\n"...)
	x.RequestTrailer, x.ResponseTrailer = e.request.trailer, e.response.trailer

	x.Status = e.response.status
	if x.Status == 0 && len(e.response.block) == 0 {
		return
	}
	proto := protoOf(e.response.version)
	if proto == "" {
		proto = x.Proto
	}
	b = make([]byte, 0, len(e.response.block)+len(e.response.phrase)+32)
	switch {
	case !later(proto):
		b = statusLine(b, proto, x.Status, []byte(oneLine(string(e.response.phrase))))
	case !bytes.HasPrefix(e.response.block, []byte{':'}):
		b = appendField(b, []byte(":status"), strconv.AppendInt(nil, int64(x.Status), 10))
	}
	x.ResponseHead = append(append(b, withoutPseudo(e.response.block, later(proto))...), "\r\n"...)
}

// withoutPseudo leaves out pseudo-header fields of a head that has a start-line.
func withoutPseudo(block []byte, keep bool) []byte {
	for !keep && bytes.HasPrefix(block, []byte{':'}) {
		_, block, _ = bytes.Cut(block, []byte("\r\n"))
	}
	return block
}

// token, oneWord and oneLine keep a start-line in one piece, whatever the file has.
func token(s string) string {
	if s = oneWord(s); s == "" {
		return "GET"
	}
	return s
}

func oneWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == 0 {
			return ' '
		}
		return r
	}, s)
}

// end fills in how the exchange ended and how long it took.
func (e *entry) end(x *flow.Exchange) {
	x.Timing = e.steps.timing(e.took)
	x.Duration = x.Timing.End
	failure := e.response.failure
	if x.Status == 0 || failure != "" && failure != "null" {
		x.Phase = flow.PhaseFailed
		x.Failure = failureOf(failure)
		if failure != "" {
			x.Reason = reason.Text.With(oneLine(strings.ToValidUTF8(failure, "\ufffd"))).Cut()
		}
		if x.Status == 0 {
			x.Timing.FirstByte = 0
		}
	}
}

// failures of Chrome, and words of others, by a part of them.
var failureWords = []struct {
	part string
	is   flow.Failure
}{
	{"name_not_resolved", flow.FailureResolve}, {"name_resolution", flow.FailureResolve}, {"dns", flow.FailureResolve},
	{"connection_refused", flow.FailureRefused}, {"connection refused", flow.FailureRefused},
	{"connection_timed_out", flow.FailureConnectTimeout}, {"timed_out", flow.FailureResponseTimeout},
	{"timed out", flow.FailureResponseTimeout}, {"timeout", flow.FailureResponseTimeout},
	{"aborted", flow.FailureClientGone}, {"cancel", flow.FailureClientGone}, {"client disconnected", flow.FailureClientGone},
	{"cert", flow.FailureTLS}, {"ssl", flow.FailureTLS}, {"tls", flow.FailureTLS},
	{"unreachable", flow.FailureUnreachable}, {"internet_disconnected", flow.FailureUnreachable},
	{"network_changed", flow.FailureUnreachable}, {"proxy", flow.FailureUpstream},
	{"content_length_mismatch", flow.FailureTruncated}, {"incomplete", flow.FailureTruncated},
	{"invalid_response", flow.FailureBadResponse}, {"invalid_http", flow.FailureBadResponse},
	{"protocol_error", flow.FailureBadResponse},
}

// failureOf is the failure that the words of another program mean, or that the origin
// gave no answer.
func failureOf(words string) flow.Failure {
	words = strings.ToLower(words)
	for _, w := range failureWords {
		if strings.Contains(words, w.part) {
			return w.is
		}
	}
	if words == "" {
		return flow.FailureClientGone // what browsers write of a request that was given up
	}
	return flow.FailureOriginClosed
}

// contentType is that of a response, as a row has it.
func contentType(lines []line, media string) string {
	t := value(lines, "content-type")
	if t == "" && media != "x-unknown" && media != "application/x-unknown" {
		t = oneLine(media)
	}
	return t[:min(len(t), 128)]
}
