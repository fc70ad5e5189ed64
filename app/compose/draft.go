package compose

import (
	"slices"
	"strings"
	"time"

	"posthouse/proxy/flow"
)

// Proto is the version of HTTP that a draft is sent in.
type Proto uint8

const (
	AsOriginal Proto = iota // as the row was that it was made of; else as the origin offers
	HTTP1
	HTTP2
)

// Mode is how a body is written.
type Mode uint8

const (
	Text Mode = iota
	Form
	InParts
	File
	Hex
)

// Body is what follows the head. Text, form and hex are three looks at Bytes.
type Body struct {
	Mode  Mode
	Bytes []byte
	Pairs []Pair    // of the form, those that are off too
	Parts Multipart // while Mode is InParts
	Path  string    // while Mode is File
}

// Draft is a request that a person writes. Its zero value is none: see New.
type Draft struct {
	Name   string // that a person gave it; "" for none
	Scheme string // "http" or "https"
	Host   string // where it goes: host, or host:port
	Typed  string // what stands in place of the URL and is none; "" for nothing
	Head   Head
	Body   Body
	Socket Socket

	Proto     Proto
	Rules     bool // it goes through the rules
	Upstream  bool // it goes through the upstream proxy, where there is one
	Follow    bool // redirects are followed
	FixLength bool // Content-Length is mended when it is sent
	OwnTLS    bool // its TLS is Posthouse's own, also where that of a program is known
	Timeout   time.Duration

	// What it has of the row that it was made of, in this run.
	From    flow.ID    // 0 for none
	Stream  flow.HTTP2 // of HTTP/2: the opening of the connection and the priority
	JA4     flow.JA4   // the ClientHello that is mirrored
	Trailer []byte     // is sent as it was
	Server  string     // the TLS name where it is not the host
}

// DefaultTimeout is that of a new draft.
const DefaultTimeout = 30 * time.Second

// New is an empty request.
func New() *Draft {
	d := &Draft{Scheme: "https", Rules: true, Upstream: true, FixLength: true, Timeout: DefaultTimeout}
	d.Head = ParseHead([]byte("GET / HTTP/1.1\r\nUser-Agent: Posthouse\r\nAccept: */*\r\n\r\n"), nil)
	return d
}

// Clone is a draft for another goroutine. Bytes of bodies are shared: they are replaced, never changed.
func (d *Draft) Clone() *Draft {
	c := *d
	c.Head.Lines = slices.Clone(d.Head.Lines)
	c.Body.Pairs = slices.Clone(d.Body.Pairs)
	c.Body.Parts.Parts = slices.Clone(d.Body.Parts.Parts)
	for i := range c.Body.Parts.Parts {
		c.Body.Parts.Parts[i].Head = slices.Clone(c.Body.Parts.Parts[i].Head)
	}
	return &c
}

// Title is what the draft is called: its name, or its method and where it goes.
func (d *Draft) Title() string {
	if d.Name != "" {
		return d.Name
	}
	if d.Host == "" {
		return ""
	}
	what := d.Head.Method()
	if d.WebSocket() {
		what = "WS"
	}
	return what + " " + d.Host + d.path()
}

func (d *Draft) path() string {
	path := d.Head.Target()
	if _, _, rest, err := cutURL(path); err == nil {
		path = rest
	}
	path, _, _ = strings.Cut(path, "?")
	return path
}

// SetHead takes the text of a head as a person left it.
func (d *Draft) SetHead(text []byte) error {
	if len(text) > MaxHead {
		return ErrLong
	}
	d.Head = ParseHead(text, d.Head.Lines)
	return nil
}

// SetBytes takes a body as a person left it, of text, form or hex.
func (d *Draft) SetBytes(b []byte) error {
	if len(b) > MaxBody {
		return ErrLong
	}
	d.Body.Bytes = b
	return nil
}

// SetMode has the body be written in another way. What was there stays, where that way can
// have it; Content-Type follows where there is none, or one of the other way.
func (d *Draft) SetMode(mode Mode) {
	b := &d.Body
	if b.Mode == mode {
		return
	}
	if b.Mode == InParts {
		if bytes, whole := b.Parts.Bytes(); whole && len(b.Parts.Parts) > 0 {
			b.Bytes = bytes
		}
	}
	switch b.Mode = mode; mode {
	case Form:
		b.Pairs = ParseForm(b.Bytes, b.Pairs)
		d.follow("application/x-www-form-urlencoded")
	case InParts:
		if parts, ok := ParseMultipart(d.Head.Value("Content-Type"), b.Bytes); ok && len(b.Bytes) > 0 {
			b.Parts = parts
		} else if b.Parts.Boundary == "" {
			b.Parts = NewMultipart()
		}
		d.follow("multipart/form-data; boundary=" + b.Parts.Boundary)
	}
}

// follow has Content-Type say how the body is written.
func (d *Draft) follow(want string) {
	is := strings.ToLower(d.Head.Value("Content-Type"))
	media, _, _ := strings.Cut(want, ";")
	switch {
	case is == "", strings.HasPrefix(is, "application/x-www-form-urlencoded"), strings.HasPrefix(is, "multipart/"):
		_, boundary, parted := strings.Cut(want, "boundary=")
		if !strings.HasPrefix(is, media) || parted && !strings.Contains(d.Head.Value("Content-Type"), boundary) {
			d.Head.set("Content-Type", want)
		}
	}
}

// PairsChanged has the body follow the pairs of the form.
func (d *Draft) PairsChanged() { d.Body.Bytes = FormText(d.Body.Pairs) }

// GuessMode is how a body of a type is best written.
func (d *Draft) GuessMode() Mode {
	media, _, _ := strings.Cut(strings.ToLower(d.Head.Value("Content-Type")), ";")
	switch media = strings.TrimSpace(media); {
	case media == "application/x-www-form-urlencoded":
		return Form
	case strings.HasPrefix(media, "multipart/"):
		if _, ok := ParseMultipart(d.Head.Value("Content-Type"), d.Body.Bytes); ok {
			return InParts
		}
	}
	if !isText(d.Body.Bytes) {
		return Hex
	}
	return Text
}
