package compose

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/flow"
	"posthouse/proxy/http1"
	"posthouse/proxy/reason"
)

// ProblemKind is what is to be said of a draft.
type ProblemKind uint8

const (
	LengthStale       ProblemKind = iota + 1 // Content-Length is not the body's, and is sent as it is
	LengthMended                             // likewise, and is mended when it is sent
	LengthMissing                            // there is a body, and nothing says how long it is
	HostDiffers                              // Host is not where the request goes
	TypeDiffers                              // Content-Type is not how the body is written
	TwoReadings                              // the head can be read in two ways, as Why says
	BodyBehindHead                           // something stands behind the empty line of the head
	FileMissing                              // a file that is to be sent cannot be read
	HandshakeWrong                           // a WebSocket server refuses what Says names
	ExtensionUnspoken                        // the extensions that Says names are offered, and not spoken here
	SocketOverHTTP2                          // a WebSocket goes over HTTP/1.1
	FieldNameless                            // fields of HTTP/2 have no name: those whose places Says names
	PairNameless                             // likewise pairs of a form
	PartNameless                             // likewise parts of a form
)

// Problem is one, with what it is about.
type Problem struct {
	Kind ProblemKind
	Says string // what stands in the head, or the name of a file
	Is   string // what is so
	Why  flow.Reason
}

// Problems are what is to be said of a draft. It reads no file but asks for its size.
func (d *Draft) Problems() (all []Problem) {
	length, missing := d.length()
	if missing != "" {
		all = append(all, Problem{Kind: FileMissing, Says: missing})
	} else if p, ok := d.lengthProblem(length); ok {
		all = append(all, p)
	}
	h := &d.Head
	if said := h.find(h.authorityName()); said != nil && d.Host != "" && !d.sameHost(said.Value) {
		all = append(all, Problem{Kind: HostDiffers, Says: said.Value, Is: d.Host})
	}
	if want := d.wantedType(); want != "" && !strings.HasPrefix(strings.ToLower(h.Value("Content-Type")), want) {
		all = append(all, Problem{Kind: TypeDiffers, Says: h.Value("Content-Type"), Is: want})
	}
	if strings.TrimLeft(h.End, crlf) != "" {
		all = append(all, Problem{Kind: BodyBehindHead})
	} else if why, ok := h.ambiguous(); ok && (d.Host != "" || d.Typed != "" || why.Code != reason.HostMissing) {
		all = append(all, Problem{Kind: TwoReadings, Why: why})
	}
	if d.WebSocket() {
		all = append(all, d.socketProblems()...)
	}
	return append(all, d.nameless()...)
}

// maxNamed bounds the places that a problem names.
const maxNamed = 5

// nameless are the rows that are sent and have no name. Of a head of HTTP/1 that is one reason why it can be read
// in two ways.
func (d *Draft) nameless() (all []Problem) {
	say := func(kind ProblemKind, n int, nameless func(i int) bool) {
		var places []string
		for i := range n {
			if nameless(i) {
				places = append(places, strconv.Itoa(i+1))
			}
		}
		if len(places) > maxNamed {
			places = append(places[:maxNamed], "…")
		}
		if len(places) > 0 {
			all = append(all, Problem{Kind: kind, Says: strings.Join(places, ", ")})
		}
	}
	if d.Head.Multiplexed() {
		say(FieldNameless, len(d.Head.Lines), func(i int) bool { return d.Head.Lines[i].Nameless() })
	}
	switch d.Body.Mode {
	case Form:
		say(PairNameless, len(d.Body.Pairs), func(i int) bool { return d.Body.Pairs[i].Nameless() })
	case InParts:
		say(PartNameless, len(d.Body.Parts.Parts), func(i int) bool { return d.Body.Parts.Parts[i].Nameless() })
	}
	return all
}

// Nameless reports whether a field is sent and has no name.
func (l *Line) Nameless() bool { return !l.Off && l.Name == "" && l.Raw() != "" }

// Nameless reports whether a pair is sent and has no name.
func (p *Pair) Nameless() bool { return !p.Off && p.Raw != "" && p.Name() == "" }

// Nameless reports whether a part of a form is sent and has no name. Parts of other kinds need none.
func (p *Part) Nameless() bool {
	kind, _, _ := strings.Cut((&Head{Lines: p.Head}).Value("Content-Disposition"), ";")
	return !p.Off && strings.EqualFold(strings.TrimSpace(kind), "form-data") && p.Name() == ""
}

func (d *Draft) lengthProblem(length int64) (Problem, bool) {
	said := d.Head.values("Content-Length")
	is := strconv.FormatInt(length, 10)
	p := Problem{Kind: LengthStale, Says: strings.Join(said, ", "), Is: is}
	coded := len(d.Head.values("Transfer-Encoding")) > 0
	switch {
	case coded, len(said) == 1 && said[0] == is, len(said) == 0 && (length == 0 || d.Head.Multiplexed()):
		return p, false
	case d.FixLength && len(said) > 0:
		p.Kind = LengthMended
		return p, true
	case d.FixLength:
		return p, false // it is added
	case len(said) == 0:
		p.Kind = LengthMissing
	}
	return p, true
}

func (d *Draft) wantedType() string {
	switch {
	case d.Body.Mode == Form && len(d.Body.Bytes) > 0:
		return "application/x-www-form-urlencoded"
	case d.Body.Mode == InParts:
		return "multipart/"
	}
	return ""
}

// length is that of the body; missing is a file that is not there.
func (d *Draft) length() (n int64, missing string) {
	size := func(path string) {
		info, err := os.Stat(path)
		switch {
		case err != nil || !info.Mode().IsRegular():
			missing = path
		default:
			n += info.Size()
		}
	}
	switch d.Body.Mode {
	case File:
		if d.Body.Path != "" {
			size(d.Body.Path)
		}
	case InParts:
		d.Body.Parts.each(func(text []byte, path string) {
			if path != "" {
				size(path)
			} else {
				n += int64(len(text))
			}
		})
	default:
		n = int64(len(d.Body.Bytes))
	}
	return n, missing
}

// checkLimits are wide: length alone makes nothing ambiguous.
var checkLimits = http1.Limits{StartLine: MaxHead, Head: MaxHead, Fields: MaxHead}

// ambiguous reports what a strict reader refuses in the head. Another one may read it, and
// otherwise than a third.
func (h *Head) ambiguous() (flow.Reason, bool) {
	if h.Multiplexed() {
		return flow.Reason{}, false
	}
	_, err := http1.WholeRequest(h.Raw(), &checkLimits)
	var refused *http1.Error
	if !errors.As(err, &refused) || err == http1.ErrNotWhole {
		return flow.Reason{}, false
	}
	return refused.Reason(), true
}

// isText reports whether bytes can be edited as text without being mistaken for it.
func isText(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 }
