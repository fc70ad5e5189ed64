package har

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// ownVersion is that of _posthouse. A later one may add members, and a reader passes
// over those that it does not know.
const ownVersion = 1

// extra is what stands in _posthouse of one entry.
type extra struct {
	version int64
	x       *flow.Exchange
	target  *place // where the URL does not say it
	method  string // where request.method cannot hold it

	// Of an exchange that another program recorded.
	imported bool   // unknown members and timings.blocked are its own
	page     []byte // the page that it is the first one of, a JSON object
	foreign  []byte // flow.Exchange.Foreign, where it is not of a HAR

	request, response headExtra
	requestBody       bodyExtra
	responseBody      bodyExtra
	came              cameExtra
}

// place is a target taken apart.
type place struct{ scheme, host, path string }

// headExtra is what the fields of a head do not say.
type headExtra struct {
	head    []byte // all of it
	line    []byte // the start-line, with its end
	trailer []byte
	bare    bool // there is none
}

// bodyExtra is what the text of a body does not say.
type bodyExtra struct {
	wire []byte // as it passed, where the text is another
}

var (
	kinds  = codesOf(func(k flow.Kind) string { return nameAt(k, "", "http", "tunnel", "upgraded", "local") })
	phases = codesOf(func(p flow.Phase) string { return nameAt(p, "", "request", "response", "done", "failed") })

	failures = codesOf(flow.Failure.String)
	states   = codesOf(flow.BodyState.String)
	marks    = codesOf(flow.Mark.String)
	outcomes = codesOf(flow.TLSOutcome.String)
	trusts   = codesOf(flow.Trust.String)
)

func nameAt[T ~uint8](v T, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return ""
}

// ownMembers are those of _posthouse.
var ownMembers = slices.Concat([]member[extra]{integer("version", func(e *extra) *int64 { return &e.version })},
	lift(rowMembers, func(e *extra) *flow.Row { return &e.x.Row }), restMembers)

var restMembers = []member[extra]{
	words("method", func(e *extra) *string { return &e.method }),
	targetMember(),
	group("timing", func(e *extra) *flow.Timing { return &e.x.Timing }, timingMembers...),
	group("reason", func(e *extra) *flow.Reason { return &e.x.Reason }, reasonMembers...),
	group("tls", func(e *extra) *flow.TLS { return &e.x.TLS }, tlsMembers...),
	group("http2", func(e *extra) *flow.HTTP2 { return &e.x.HTTP2 },
		integer("stream", func(h *flow.HTTP2) *uint32 { return &h.Stream }),
		words("opening", func(h *flow.HTTP2) *string { return &h.Opening }),
		integer("neverIndexed", func(h *flow.HTTP2) *uint64 { return &h.NeverIndexed }),
		words("priority", func(h *flow.HTTP2) *string { return &h.Priority })),
	group("secure", func(e *extra) *flow.Secure { return &e.x.Secure }, secureMembers...),
	octets("interim", func(e *extra) *[]byte { return &e.x.Interim }),
	octets("unusable", func(e *extra) *[]byte { return &e.x.Unusable }),
	set("effects", flow.Effects.Codes, func(e *extra) *flow.Effects { return &e.x.Effects }),
	group("ruled", func(e *extra) *flow.Ruled { return &e.x.Ruled },
		ruledMember,
		octets("request", func(r *flow.Ruled) *[]byte { return &r.Request }),
		octets("response", func(r *flow.Ruled) *[]byte { return &r.Response }),
		wholeBody("requestBody", func(r *flow.Ruled) *flow.Body { return &r.RequestBody }),
		wholeBody("responseBody", func(r *flow.Ruled) *flow.Body { return &r.ResponseBody })),
	group("request", func(e *extra) *headExtra { return &e.request }, headMembers...),
	group("response", func(e *extra) *headExtra { return &e.response }, headMembers...),
	group("requestBody", func(e *extra) *flow.Body { return &e.x.RequestBody }, bodyMembers...),
	group("responseBody", func(e *extra) *flow.Body { return &e.x.ResponseBody }, bodyMembers...),
	wireMember("requestWire", func(e *extra) *bodyExtra { return &e.requestBody }),
	wireMember("responseWire", func(e *extra) *bodyExtra { return &e.responseBody }),
	truth("imported", func(e *extra) *bool { return &e.imported }),
	raw("page", func(e *extra) *[]byte { return &e.page }),
	octets("foreign", func(e *extra) *[]byte { return &e.foreign }),
	group("came", func(e *extra) *cameExtra { return &e.came }, cameMembers...),
}

var rowMembers = []member[flow.Row]{
	integer("id", func(r *flow.Row) *flow.ID { return &r.ID }),
	integer("rev", func(r *flow.Row) *flow.Rev { return &r.Rev }),
	code("kind", kinds, func(r *flow.Row) *flow.Kind { return &r.Kind }),
	code("phase", phases, func(r *flow.Row) *flow.Phase { return &r.Phase }),
	code("mark", marks, func(r *flow.Row) *flow.Mark { return &r.Mark }),
	truth("star", func(r *flow.Row) *bool { return &r.Star }),
	words("note", func(r *flow.Row) *string { return &r.Note }),
	set("mended", flow.Mended.Codes, func(r *flow.Row) *flow.Mended { return &r.Mended }),
	startMember(),
	nanoseconds("duration", func(r *flow.Row) *time.Duration { return &r.Duration }),
	words("proto", func(r *flow.Row) *string { return &r.Proto }),
	truth("hostReplaced", func(r *flow.Row) *bool { return &r.HostReplaced }),
	truth("own", func(r *flow.Row) *bool { return &r.Own }),
	integer("from", func(r *flow.Row) *flow.ID { return &r.From }),
	integer("status", func(r *flow.Row) *int { return &r.Status }),
	words("contentType", func(r *flow.Row) *string { return &r.ContentType }),
	integer("requestSize", func(r *flow.Row) *int64 { return &r.RequestSize }),
	integer("responseSize", func(r *flow.Row) *int64 { return &r.ResponseSize }),
	peer("client", func(r *flow.Row) *netip.AddrPort { return &r.Client }),
	peer("remote", func(r *flow.Row) *netip.AddrPort { return &r.Remote }),
	words("upstream", func(r *flow.Row) *string { return &r.Upstream }),
	words("app", func(r *flow.Row) *string { return &r.App }),
	words("appPath", func(r *flow.Row) *string { return &r.AppPath }),
	integer("appPID", func(r *flow.Row) *int32 { return &r.AppPID }),
	code("failure", failures, func(r *flow.Row) *flow.Failure { return &r.Failure }),
}

var timingMembers = []member[flow.Timing]{
	nanoseconds("resolved", func(t *flow.Timing) *time.Duration { return &t.Resolved }),
	nanoseconds("dialed", func(t *flow.Timing) *time.Duration { return &t.Dialed }),
	nanoseconds("connected", func(t *flow.Timing) *time.Duration { return &t.Connected }),
	nanoseconds("sent", func(t *flow.Timing) *time.Duration { return &t.Sent }),
	nanoseconds("firstByte", func(t *flow.Timing) *time.Duration { return &t.FirstByte }),
	nanoseconds("end", func(t *flow.Timing) *time.Duration { return &t.End }),
	truth("reused", func(t *flow.Timing) *bool { return &t.Reused }),
}

var tlsMembers = []member[flow.TLS]{
	truth("seen", func(t *flow.TLS) *bool { return &t.Seen }),
	code("outcome", outcomes, func(t *flow.TLS) *flow.TLSOutcome { return &t.Outcome }),
	set("problem", flow.Problem.Codes, func(t *flow.TLS) *flow.Problem { return &t.Problem }),
	fingerprint("clientJA4", func(t *flow.TLS) *flow.JA4 { return &t.ClientJA4 }),
	fingerprint("originJA4", func(t *flow.TLS) *flow.JA4 { return &t.OriginJA4 }),
	set("deviation", flow.Deviation.Codes, func(t *flow.TLS) *flow.Deviation { return &t.Deviation }),
	words("sni", func(t *flow.TLS) *string { return &t.SNI }),
	words("alpn", func(t *flow.TLS) *string { return &t.ALPN }),
	words("version", func(t *flow.TLS) *string { return &t.Version }),
}

var secureMembers = []member[flow.Secure]{
	code("outcome", outcomes, func(s *flow.Secure) *flow.TLSOutcome { return &s.Outcome }),
	set("problem", flow.Problem.Codes, func(s *flow.Secure) *flow.Problem { return &s.Problem }),
	code("trust", trusts, func(s *flow.Secure) *flow.Trust { return &s.Trust }),
	set("deviation", flow.Deviation.Codes, func(s *flow.Secure) *flow.Deviation { return &s.Deviation }),
	group("client", func(s *flow.Secure) *flow.TLSState { return &s.Client }, stateMembers...),
	group("origin", func(s *flow.Secure) *flow.TLSState { return &s.Origin }, stateMembers...),
	{"fingerprint",
		func(b []byte, s *flow.Secure) []byte {
			if s.Fingerprint == [32]byte{} {
				return b
			}
			return text(b, "fingerprint", hex.EncodeToString(s.Fingerprint[:]))
		},
		func(d *decoder, s *flow.Secure) {
			sum, _ := hex.DecodeString(string(d.text()))
			copy(s.Fingerprint[:], sum)
		}},
	{"chain",
		func(b []byte, s *flow.Secure) []byte {
			if s.Chain == nil {
				return b
			}
			b = append(name(b, "chain"), '[')
			for _, der := range s.Chain {
				b = end(base64Text(append(b, '{'), "der", der), '}')
			}
			return end(b, ']')
		},
		func(d *decoder, s *flow.Secure) {
			s.Chain = [][]byte{}
			d.array(func() {
				d.object(func(n string) {
					if n == "der" {
						s.Chain = append(s.Chain, unbase64(d.text()))
					} else {
						d.skip()
					}
				})
			})
		}},
}

var stateMembers = []member[flow.TLSState]{
	integer("version", func(s *flow.TLSState) *uint16 { return &s.Version }),
	integer("cipher", func(s *flow.TLSState) *uint16 { return &s.Cipher }),
	words("alpn", func(s *flow.TLSState) *string { return &s.ALPN }),
	truth("resumed", func(s *flow.TLSState) *bool { return &s.Resumed }),
	fingerprint("ja4", func(s *flow.TLSState) *flow.JA4 { return &s.JA4 }),
}

var headMembers = []member[headExtra]{
	octets("head", func(h *headExtra) *[]byte { return &h.head }),
	octets("line", func(h *headExtra) *[]byte { return &h.line }),
	octets("trailer", func(h *headExtra) *[]byte { return &h.trailer }),
	truth("none", func(h *headExtra) *bool { return &h.bare }),
}

// bodyMembers are those of a body beside its bytes.
var bodyMembers = []member[flow.Body]{
	code("state", states, func(b *flow.Body) *flow.BodyState { return &b.State }),
	integer("size", func(b *flow.Body) *int64 { return &b.Size }),
}

// wholeBody is a body whose bytes stand nowhere else; one that there is not is left out.
func wholeBody[T any](n string, of func(*T) *flow.Body) member[T] {
	all := group(n, of, wholeBodyMembers...)
	return member[T]{n, func(b []byte, whole *T) []byte {
		if body := of(whole); body.State == flow.BodyNone && body.Size == 0 && len(body.Bytes) == 0 {
			return b
		}
		return all.put(b, whole)
	}, all.get}
}

// wholeBodyMembers are those of such a one.
var wholeBodyMembers = append(slices.Clone(bodyMembers), member[flow.Body]{"bytes",
	func(b []byte, body *flow.Body) []byte {
		switch n := len(body.Bytes); {
		case n == 0:
			return b
		case n > longText: // as a text it might be longer than what is read of one, and nobody would know
			return end(base64Text(append(name(b, "bytes"), '{'), "base64", body.Bytes), '}')
		}
		return exact(b, "bytes", body.Bytes)
	},
	func(d *decoder, body *flow.Body) { body.Bytes = d.exact() }})

// longText is from how many bytes on a body is no text in _posthouse.
const longText = 1 << 20

func wireMember(n string, of func(*extra) *bodyExtra) member[extra] {
	return encoded(n, func(e *extra) []byte { return of(e).wire }, func(e *extra, b []byte) { of(e).wire = b })
}

// ruledMember is what rules did, one thing after the other.
var ruledMember = member[flow.Ruled]{"did",
	func(b []byte, r *flow.Ruled) []byte {
		if len(r.Did) == 0 {
			return b
		}
		b = append(name(b, "did"), '[')
		for i := range r.Did {
			b = append(b, '{')
			for _, m := range reasonMembers {
				b = m.put(b, &r.Did[i])
			}
			b = end(b, '}')
		}
		return end(b, ']')
	},
	func(d *decoder, r *flow.Ruled) {
		by := byName(reasonMembers)
		d.array(func() {
			var did flow.Reason
			readMembers(d, by, &did)
			r.Did = append(r.Did, did)
		})
	}}

// reasonMembers have the sentence too, for those who have no table of the codes.
var reasonMembers = []member[flow.Reason]{
	{"code",
		func(b []byte, r *flow.Reason) []byte {
			if r.IsZero() {
				return b
			}
			c, args := r.Packed()
			b = exact(b, "code", c)
			if args != "" {
				b = base64Text(b, "args", []byte(args))
			}
			return text(b, "text", reason.English(*r))
		},
		func(d *decoder, r *flow.Reason) {
			_, args := r.Packed()
			*r = flow.PackedReason(string(d.exact()), args)
		}},
	{"args", func(b []byte, _ *flow.Reason) []byte { return b },
		func(d *decoder, r *flow.Reason) {
			c, _ := r.Packed()
			*r = flow.PackedReason(c, string(unbase64(d.text())))
		}},
}

// startMember has the seconds since 1970 and the nanoseconds: startedDateTime has
// milliseconds, which is what all who read HAR can read.
func startMember() member[flow.Row] {
	return member[flow.Row]{"start",
		func(b []byte, r *flow.Row) []byte {
			b = append(strconv.AppendInt(append(name(b, "start"), '['), r.Start.Unix(), 10), ',')
			return append(strconv.AppendInt(b, int64(r.Start.Nanosecond()), 10), ']', ',')
		},
		func(d *decoder, r *flow.Row) {
			var parts [2]int64
			i := 0
			d.array(func() {
				if n, _ := strconv.ParseInt(d.numeral(), 10, 64); i < len(parts) {
					parts[i] = n
					i++
				}
			})
			r.Start = time.Unix(parts[0], parts[1])
		}}
}

func targetMember() member[extra] {
	return member[extra]{"target",
		func(b []byte, e *extra) []byte {
			if e.target == nil {
				return b
			}
			b = exact(append(name(b, "target"), '{'), "scheme", e.target.scheme)
			return end(exact(exact(b, "host", e.target.host), "path", e.target.path), '}')
		},
		func(d *decoder, e *extra) {
			e.target = new(place)
			d.object(func(n string) {
				switch n {
				case "scheme":
					e.target.scheme = string(d.exact())
				case "host":
					e.target.host = string(d.exact())
				case "path":
					e.target.path = string(d.exact())
				default:
					d.skip()
				}
			})
		}}
}
