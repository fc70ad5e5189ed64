package main

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

// appendEvent appends one exchange as a line of JSON. docs/events.md describes
// the members; those without a value are left out.
func appendEvent(b []byte, r *flow.Row) []byte {
	b = strconv.AppendUint(append(b, `{"id":`...), uint64(r.ID), 10)
	b = startMember(b, r.Start)
	if int(r.Kind) < len(kindNames) {
		b = member(b, "kind", kindNames[r.Kind])
	}
	b = member(b, "method", r.Method)
	b = member(b, "scheme", r.Scheme)
	b = member(b, "host", r.Host)
	if r.HostReplaced {
		b = append(b, `,"host_replaced":true`...)
	}
	b = member(b, "path", r.Path)
	b = member(b, "proto", r.Proto)
	if r.Status != 0 {
		b = strconv.AppendInt(append(b, `,"status":`...), int64(r.Status), 10)
	}
	b = member(b, "type", r.ContentType)
	b = member(b, "mark", r.Mark.String())
	if r.Star {
		b = append(b, `,"star":true`...)
	}
	b = member(b, "note", r.Note)
	b = member(b, "mended", r.Mended.String())
	b = member(b, "rules", r.Effects.String())
	b = strconv.AppendInt(append(b, `,"request_bytes":`...), r.RequestSize, 10)
	b = strconv.AppendInt(append(b, `,"response_bytes":`...), r.ResponseSize, 10)
	b = addr(b, "client", r.Client)
	switch {
	case r.AppEnded():
		b = append(b, `,"app":{"ended":true}`...)
	case r.App != "":
		b = append(b, `,"app":{`...)
		b = strconv.AppendInt(append(b, `"pid":`...), int64(r.AppPID), 10)
		b = member(b, "name", r.App)
		b = append(member(b, "path", r.AppPath), '}')
	}
	b = addr(b, "remote", r.Remote)
	b = member(b, "upstream", r.Upstream)
	b = timing(b, &r.Timing)
	if r.TLS.Outcome == flow.TLSPlain {
		b = append(b, `,"opened":true`...)
	}
	if r.TLS.Seen {
		b = append(b, `,"tls":{"seen":true`...)
		b = member(b, "sni", r.TLS.SNI)
		b = member(b, "alpn", r.TLS.ALPN)
		b = member(b, "version", r.TLS.Version)
		b = member(b, "padlock", r.TLS.Outcome.String())
		b = member(b, "problem", r.TLS.Problem.String())
		b = member(b, "ja4", r.TLS.ClientJA4.String())
		b = member(b, "ja4_origin", r.TLS.OriginJA4.String())
		b = append(member(b, "deviation", strings.Join(r.TLS.Deviation.Codes(), ",")), '}')
	}
	if r.Failure != flow.FailureNone {
		b = member(b, "failure", r.Failure.String())
	}
	b = appendReason(b, r.Reason)
	return append(b, "}\n"...)
}

// startMember appends when it began; a file may not tell.
func startMember(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return append(t.UTC().AppendFormat(append(b, `,"time":"`...), "2006-01-02T15:04:05.000000Z"), '"')
}

// appendReason appends what happened: its code and arguments, and the same in a sentence.
func appendReason(b []byte, r flow.Reason) []byte {
	if r.IsZero() {
		return b
	}
	b = member(b, "reason", string(r.Code))
	if args := r.Args(); len(args) > 0 {
		b = appendArgs(append(b, `,"args":`...), args)
	}
	return member(b, "detail", reason.English(r))
}

// appendArgs appends arguments: text, numbers, durations in milliseconds, and other reasons.
func appendArgs(b []byte, args []any) []byte {
	b = append(b, '[')
	for i, arg := range args {
		if i > 0 {
			b = append(b, ',')
		}
		switch arg := arg.(type) {
		case int64:
			b = strconv.AppendInt(b, arg, 10)
		case time.Duration:
			b = milliseconds(b, arg)
		case flow.Reason:
			b = quoted(append(b, `{"reason":`...), string(arg.Code))
			if inner := arg.Args(); len(inner) > 0 {
				b = appendArgs(append(b, `,"args":`...), inner)
			}
			b = append(b, '}')
		default:
			b = quoted(b, reason.ArgText(arg))
		}
	}
	return append(b, ']')
}

// appendMissed appends the line that says how many exchanges have none.
func appendMissed(b []byte, n uint64) []byte {
	return append(strconv.AppendUint(append(b, `{"missed":`...), n, 10), "}\n"...)
}

func timing(b []byte, t *flow.Timing) []byte {
	b = milliseconds(append(b, `,"duration_ms":`...), t.End)
	for _, step := range [...]struct {
		name string
		at   time.Duration
	}{{"resolved_ms", t.Resolved}, {"dialed_ms", t.Dialed}, {"connected_ms", t.Connected}, {"sent_ms", t.Sent},
		{"first_byte_ms", t.FirstByte}} {
		if step.at != 0 {
			b = append(append(append(b, `,"`...), step.name...), `":`...)
			b = milliseconds(b, step.at)
		}
	}
	if t.Reused {
		b = append(b, `,"reused":true`...)
	}
	return b
}

// milliseconds has three decimals: microseconds.
func milliseconds(b []byte, d time.Duration) []byte {
	micro := d.Microseconds()
	b = append(strconv.AppendInt(b, micro/1000, 10), '.')
	rest := micro % 1000
	return append(b, byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}

func addr(b []byte, name string, a netip.AddrPort) []byte {
	if !a.IsValid() {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":"`...)
	return append(a.AppendTo(b), '"')
}

// member appends a string member; an empty string has none.
func member(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return quoted(b, value)
}

const hex = "0123456789abcdef"

// quoted appends a JSON string (RFC 8259 section 7). Bytes that are no UTF-8
// become U+FFFD. What a terminal that shows the line would act on is escaped:
// all that does not print, DEL, C1 controls, marks of order and separators of
// lines among it.
func quoted(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if (r != utf8.RuneError || n > 1) && unicode.IsPrint(r) && c >= utf8.RuneSelf {
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case r == utf8.RuneError:
			b = append(b, "\ufffd"...)
		default:
			b = appendEscape(b, r)
		}
		i += n
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// appendEscape appends a character as an escape, or as two.
func appendEscape(b []byte, r rune) []byte {
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return escaped(escaped(b, high), low)
	}
	return escaped(b, r)
}

// escaped appends a code unit of UTF-16 as \uXXXX.
func escaped(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
