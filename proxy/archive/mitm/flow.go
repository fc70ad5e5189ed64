package mitm

import (
	"math"
	"strings"
	"time"

	"posthouse/proxy/archive/message"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// exchange makes an exchange of a flow, nil of one that is none.
func (r *Reader) exchange(v value) *flow.Exchange {
	d := r.file.dict(v)
	x := &flow.Exchange{}
	switch kind := r.text(d["type"]); {
	case kind == "http" || kind == "" && d["request"].kind == '}':
		request := r.file.dict(d["request"])
		r.request(x, request)
		r.response(x, request, r.file.dict(d["response"]))
	case kind == "tcp":
		r.tunnel(x, d)
	case kind == "websocket": // version 11 and before, whose handshake is a flow by itself
		r.handshake(x, d)
	default:
		return nil
	}
	r.connections(x, r.file.dict(d["client_conn"]), r.file.dict(d["server_conn"]))
	r.annotation(x, d)
	if failure := r.file.dict(d["error"]); len(failure) > 0 {
		x.Phase, x.Failure = flow.PhaseFailed, failureOf(r.text(failure["msg"]))
		x.Reason = reason.Text.With(strings.ToValidUTF8(r.file.text(failure["msg"], flow.MaxReason), "\ufffd")).Cut()
		if x.Timing.End == 0 {
			x.Timing.End = message.Since(x.Start, moment(r.file.number(failure["timestamp"])))
		}
	}
	x.Foreign = r.foreign(d)
	message.Finish(x, true)
	return x
}

// text is a value such as a host or a method.
func (r *Reader) text(v value) string { return r.file.text(v, r.limits.Head) }

func (r *Reader) request(x *flow.Exchange, d map[string]value) {
	x.Method = r.text(d["method"])
	x.Proto = message.Proto(r.text(d["http_version"]))
	scheme, authority := r.text(d["scheme"]), r.text(d["authority"])
	host := message.Authority(scheme, r.text(d["host"]), r.file.integer(d["port"]))
	switch {
	case x.Method == "CONNECT":
		x.Kind, x.Host = flow.KindTunnel, authority
		if authority == "" {
			x.Host = host
		}
	case authority != "":
		x.Scheme, x.Host, x.Path = scheme, message.WithoutPort(scheme, authority), r.text(d["path"])
	default:
		x.Scheme, x.Host, x.Path = scheme, host, r.text(d["path"])
	}
	fields := r.fields(d["headers"])
	if authority == "" && x.Kind != flow.KindTunnel {
		for _, f := range fields {
			if strings.EqualFold(f.Name, "Host") && f.Value != "" {
				x.Host = message.WithoutPort(scheme, f.Value)
				break
			}
		}
	}
	x.RequestHead = message.RequestHead(&x.Row, fields)
	x.RequestBody = r.body(d["content"])
	x.RequestTrailer = r.trailer(d["trailers"])
	x.Start = moment(r.file.number(d["timestamp_start"]))
	x.Timing.Sent = message.Since(x.Start, moment(r.file.number(d["timestamp_end"])))
}

func (r *Reader) response(x *flow.Exchange, request, d map[string]value) {
	if len(d) == 0 {
		return
	}
	x.Status = r.file.integer(d["status_code"])
	if x.Status < 100 || x.Status > 999 {
		x.Status = 0
		return
	}
	proto := message.Proto(r.text(d["http_version"]))
	x.ResponseHead = message.ResponseHead(proto, x.Status, r.text(d["reason"]), r.fields(d["headers"]))
	x.ResponseBody = r.body(d["content"])
	x.ResponseTrailer = r.trailer(d["trailers"])
	x.Timing.FirstByte = message.Since(x.Start, moment(r.file.number(d["timestamp_start"])))
	x.Timing.End = message.Since(x.Start, moment(r.file.number(d["timestamp_end"])))
}

// fields are the pairs of a list, up to the limit of a head.
func (r *Reader) fields(v value) []message.Field {
	var all []message.Field
	left := r.limits.Head
	r.file.list(v, func(pair value) bool {
		p := r.file.items(pair, 2)
		if len(p) < 2 {
			return true
		}
		left -= p[0].size + p[1].size + 4
		if left < 0 {
			return false
		}
		all = append(all, message.Field{Name: r.text(p[0]), Value: r.text(p[1])})
		return true
	})
	return all
}

func (r *Reader) trailer(v value) []byte { return message.Trailer(r.fields(v)) }

// body reads no more than is kept. A body that mitmproxy streamed is null.
func (r *Reader) body(v value) flow.Body {
	if v.kind != ',' && v.kind != ';' || v.size == 0 {
		return flow.Body{}
	}
	b := flow.Body{State: flow.BodyWhole, Size: v.size, Bytes: r.file.bytes(v, r.limits.Body)}
	if int64(len(b.Bytes)) < b.Size {
		b.State = flow.BodyCut
	}
	return b
}

// tunnel is a TCP flow: what went each way is counted.
func (r *Reader) tunnel(x *flow.Exchange, d map[string]value) {
	x.Kind, x.Method, x.Proto = flow.KindTunnel, "CONNECT", "HTTP/1.1"
	server := r.file.dict(d["server_conn"])
	x.Host = r.address(server["address"])
	x.Start = moment(r.file.number(d["timestamp_created"]))
	if start := moment(r.file.number(r.file.dict(d["client_conn"])["timestamp_start"])); !start.IsZero() {
		x.Start = start
	}
	x.Timing.End = message.Since(x.Start, moment(r.file.number(server["timestamp_end"])))
	x.Phase = flow.PhaseDone
	r.file.list(d["messages"], func(one value) bool {
		if p := r.file.items(one, 2); len(p) == 2 && r.file.boolean(p[0]) {
			x.RequestSize += p[1].size
		} else if len(p) == 2 {
			x.ResponseSize += p[1].size
		}
		return true
	})
}

// handshake is a row for messages whose handshake is another flow of the file.
func (r *Reader) handshake(x *flow.Exchange, d map[string]value) {
	server := r.file.dict(d["server_conn"])
	x.Kind, x.Method, x.Proto, x.Scheme, x.Path = flow.KindUpgraded, "GET", "HTTP/1.1", "ws", "/"
	x.Host = message.WithoutPort(x.Scheme, r.address(server["address"]))
	x.Start = moment(r.file.number(r.file.dict(d["client_conn"])["timestamp_start"]))
	x.Phase = flow.PhaseDone
}

// address joins a host and a port.
func (r *Reader) address(v value) string {
	p := r.file.items(v, 2)
	if len(p) < 2 {
		return ""
	}
	return message.Authority("", r.text(p[0]), r.file.integer(p[1]))
}

// annotation is what a person said: a comment, and a marker, which is an emoji's name.
func (r *Reader) annotation(x *flow.Exchange, d map[string]value) {
	x.Note = message.Note(r.file.text(d["comment"], flow.MaxNote*4))
	marked := r.file.text(d["marked"], maxScalar)
	if r.file.boolean(d["marked"]) {
		marked = ":default:"
	}
	if marked == "" {
		return
	}
	if x.Mark = message.Colour(marked); x.Mark == flow.MarkNone {
		x.Star = true
	}
}

// failureOf knows the words that mitmproxy uses.
func failureOf(text string) flow.Failure {
	text = strings.ToLower(text)
	for _, known := range []struct {
		word    string
		failure flow.Failure
	}{
		{"client disconnected", flow.FailureClientGone}, {"client closed", flow.FailureClientGone},
		{"by client", flow.FailureClientGone},
		{"tls", flow.FailureTLS},
		{"certificate", flow.FailureTLS}, {"refused", flow.FailureRefused}, {"name or service", flow.FailureResolve},
		{"getaddrinfo", flow.FailureResolve}, {"timed out", flow.FailureConnectTimeout}, {"timeout", flow.FailureConnectTimeout},
		{"unreachable", flow.FailureUnreachable}, {"connect call failed", flow.FailureUnreachable},
		{"connection killed", flow.FailureShutdown},
	} {
		if strings.Contains(text, known.word) {
			return known.failure
		}
	}
	return flow.FailureOriginClosed
}

// moment is a time of seconds since 1970, zero where that is none.
func moment(seconds float64) time.Time {
	if seconds <= 0 || seconds > 1<<40 {
		return time.Time{}
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e6)*1000).UTC()
}
