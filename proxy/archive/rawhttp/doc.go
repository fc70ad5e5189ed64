// Package rawhttp reads HTTP messages that somebody keeps in a text file: a request, with
// its answer behind it or without, or an answer alone; several with lines of ### between
// them, as the .http files of editors have them, with comments before each. Lines may end
// in LF alone; the heads of exchanges end theirs in CR LF.
//
// A target in origin form has no scheme: it is http for this computer and for ports other
// than 443, else https.
package rawhttp

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"posthouse/proxy/archive"
	"posthouse/proxy/archive/message"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

func init() { archive.Register(archive.Raw, archive.Codec{Open: Open}) }

// Reader reads the messages of a text.
type Reader struct {
	limits archive.Limits
	text   []byte
	at     int // of the next part
	cut    bool
	n      int
	err    error
}

// Open reads a text: a file of messages is in memory, up to the limits of a body and a head.
func Open(r io.ReaderAt, size int64, limits archive.Limits) (archive.Reader, error) {
	limits = limits.Filled()
	most := limits.Body + limits.Head
	text, err := io.ReadAll(io.NewSectionReader(r, 0, min(size, most)))
	if err != nil {
		return nil, err
	}
	return &Reader{limits: limits, text: utf8Text(text), cut: size > most}, nil
}

// utf8Text is a text without a byte order mark, of UTF-16 too.
func utf8Text(text []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return text[3:]
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return text
	}
	units := make([]uint16, 0, len(text)/2)
	for i := 2; i+1 < len(text); i += 2 {
		units = append(units, order.Uint16(text[i:]))
	}
	return []byte(string(utf16.Decode(units)))
}

// Next is the next exchange.
func (r *Reader) Next() (*flow.Exchange, error) {
	if r.err != nil {
		return nil, r.err
	}
	r.at += skipped(r.text[r.at:])
	if r.at >= len(r.text) {
		r.err = io.EOF
		if r.n == 0 {
			r.err = r.broken(reason.ArchiveNone.With(), nil)
		}
		return nil, r.err
	}
	if r.n >= r.limits.Entries {
		r.err = r.broken(reason.ArchiveMany.With(r.limits.Entries), archive.ErrLimit)
		return nil, r.err
	}
	end := r.at + partEnd(r.text[r.at:])
	x := r.exchange(r.text[r.at:end], end == len(r.text))
	if x == nil {
		line, _, _ := bytes.Cut(r.text[r.at:end], []byte("\n"))
		r.err = r.broken(reason.ArchiveSyntax.With(strings.ToValidUTF8(string(line[:min(len(line), 80)]), "\ufffd")), nil)
		return nil, r.err
	}
	r.at = end
	r.n++
	x.ID = flow.ID(r.n)
	return x, nil
}

func (r *Reader) broken(why flow.Reason, err error) error {
	line := int64(bytes.Count(r.text[:r.at], []byte("\n"))) + 1
	return &archive.BrokenError{Offset: int64(r.at), Line: line, Entries: r.n, Why: why, Err: err}
}

// exchange makes one of a part. Last is the one that the limit of the text may have cut.
func (r *Reader) exchange(part []byte, last bool) *flow.Exchange {
	x := &flow.Exchange{}
	request, answer := part, []byte(nil)
	if message.Status(firstLine(part)) != 0 {
		request, answer = nil, part
	} else {
		request, answer = divided(part)
	}
	if request != nil && !r.request(x, request) {
		return nil
	}
	if answer != nil && !message.SetResponse(x, withCRLF(answer), r.limits.Body) && request == nil {
		return nil
	}
	if last && r.cut {
		for _, body := range []*flow.Body{&x.ResponseBody, &x.RequestBody} {
			if body.State == flow.BodyWhole {
				body.State = flow.BodyCut
				break
			}
		}
	}
	message.Finish(x, false)
	return x
}

// request takes a request; a request line without a version is one of HTTP/1.1.
func (r *Reader) request(x *flow.Exchange, raw []byte) bool {
	raw = withCRLF(raw)
	line, rest, _ := bytes.Cut(raw, []byte("\r\n"))
	words := strings.Fields(string(line))
	if len(words) == 2 && (strings.HasPrefix(words[1], "/") || strings.Contains(words[1], "://")) {
		raw = append([]byte(words[0]+" "+words[1]+" HTTP/1.1\r\n"), rest...)
	}
	if start := firstLine(raw); !strings.Contains(start, " HTTP/") || !message.SetRequest(x, raw, "", r.limits.Body) {
		return false
	}
	if x.Scheme == "" && x.Kind != flow.KindTunnel {
		x.Scheme = schemeOf(x.Host)
		x.Host = message.WithoutPort(x.Scheme, x.Host)
	}
	return true
}

// schemeOf guesses the scheme of an authority.
func schemeOf(authority string) string {
	host, port := authority, ""
	if at := strings.LastIndexByte(authority, ':'); at >= 0 && !strings.HasSuffix(authority, "]") {
		host, port = authority[:at], authority[at+1:]
	}
	addr, _ := http1.HostAddr(strings.Trim(host, "[]"))
	switch {
	case port == "443":
		return "https"
	case port != "", addr.IsLoopback(), strings.EqualFold(host, "localhost"), host == "":
		return "http"
	}
	return "https"
}

// withCRLF ends the lines of a head as HTTP does, and adds the empty line where it is missing.
func withCRLF(raw []byte) []byte {
	head, body := message.Cut(raw)
	var out []byte
	for line := range bytes.Lines(head) {
		out = append(append(out, bytes.TrimRight(line, "\r\n")...), "\r\n"...)
	}
	if !bytes.HasSuffix(out, []byte("\r\n\r\n")) {
		out = append(out, "\r\n"...)
	}
	return append(out, body...)
}

// maxLine bounds a start-line, in bytes.
const maxLine = 64 << 10

func firstLine(text []byte) string {
	line, _, _ := bytes.Cut(text[:min(len(text), maxLine)], []byte("\n"))
	return strings.TrimSpace(string(line))
}

// divided splits a request from the answer behind it: where the request's length says, or
// at the first status line behind an empty line.
func divided(part []byte) (request, answer []byte) {
	head, body := message.Cut(part)
	_, fields := content.Fields(head)
	if n, err := strconv.Atoi(content.Value(fields, "Content-Length")); err == nil && n >= 0 && n <= len(body) {
		rest := bytes.TrimLeft(body[n:], "\r\n")
		if len(rest) == 0 && n < len(body) {
			return part[:len(head)+n], nil // a line end that editors add
		}
		if message.Status(firstLine(rest)) != 0 {
			return part[:len(head)+n], rest
		}
	}
	for at := 0; at < len(body); {
		if (at == 0 || bytes.HasSuffix(bytes.ReplaceAll(body[max(0, at-4):at], []byte("\r"), nil), []byte("\n\n"))) &&
			bytes.HasPrefix(body[at:], []byte("HTTP/")) && message.Status(firstLine(body[at:])) != 0 {
			return append(bytes.Clone(head), bytes.TrimRight(body[:at], "\r\n")...), body[at:]
		}
		next := bytes.IndexByte(body[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
	}
	if len(bytes.TrimRight(body, "\r\n")) == 0 {
		return head, nil
	}
	return part, nil
}

// partEnd is where a part ends: at a line that begins with ### and is followed by another
// message or by the end, for bodies may have such lines too.
func partEnd(text []byte) int {
	for at := 0; at < len(text); {
		next := bytes.IndexByte(text[at:], '\n')
		if next < 0 {
			break
		}
		at += next + 1
		if !bytes.HasPrefix(text[at:], []byte("###")) {
			continue
		}
		rest := text[at:]
		rest = rest[skipped(rest):]
		line := firstLine(rest)
		words := strings.Fields(line)
		if len(rest) == 0 || message.Status(line) != 0 || len(words) >= 2 && strings.Trim(words[0], "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == "" {
			return at
		}
	}
	return len(text)
}

// skipped is how much stands before a message: empty lines, comments, and definitions.
func skipped(text []byte) int {
	at := 0
	for at < len(text) {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text) - at - 1
		}
		line := bytes.TrimSpace(text[at : at+end+1])
		if len(line) > 0 && line[0] != '#' && line[0] != '@' && !bytes.HasPrefix(line, []byte("//")) {
			break
		}
		at += end + 1
	}
	return at
}
