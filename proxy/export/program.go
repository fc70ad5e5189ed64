package export

import (
	"slices"
	"strings"
	"unicode/utf8"

	"posthouse/proxy/flow"
)

// program is what a program does by itself with a request that it is given: the
// rules by which one form is written.
type program struct {
	spelling  spelling
	anyTarget bool                          // the form has another way for what spelling does not keep, and for "*"
	method    func(method string) bool      // sends it as it stands; nil: each
	bodyless  func(method string) bool      // sends no body with it; nil: with none
	body      func(body []byte) NoteKind    // why the form cannot hold one; nil: maxBody alone bounds it
	value     func(name, value string) bool // the form holds a field, and the program sends it as it stands
	longest   int                           // bytes of a field line; 0: any
	single    bool                          // sends one line of a name
	host      bool                          // sends a Host field that is not the URL's
	noHost    bool                          // sends none by itself
	// owned says of a field in lower case that the program sets it itself or sends
	// none, and whether that is worth a note.
	owned func(name, value string) (owned, noted bool)
	// adds are fields that it adds where the request has none of the name.
	adds func(r *request) []string
}

// plan is a request as a program is to be told of it.
type plan struct {
	*request
	url    string
	fields []field // what is to be written, in order
}

// plan makes of an exchange what a program can be told of it, nil where nothing is sent.
func (p *program) plan(x *flow.Exchange) *plan {
	r := newRequest(x)
	if !r.known() || !authority(x.Host) || p.method != nil && !p.method(r.head.method.text) ||
		r.path[0] != '/' && (!p.anyTarget || r.path != "*") {
		return nil
	}
	r.readBody(p.bodyless != nil && p.bodyless(r.head.method.text), p.carries)
	t := &plan{request: r, url: r.origin() + harmless(r.path)}
	if !p.anyTarget && !p.spelling.keeps(r.path) {
		r.notes.add(TargetChanged)
	}
	p.fields(t)
	if p.adds != nil {
		for _, name := range p.adds(r) {
			if !r.head.has(name) {
				r.notes.add(FieldsAdded, name)
			}
		}
	}
	r.leftOut()
	return t
}

func (p *program) carries(body []byte) NoteKind {
	if len(body) > maxBody {
		return BodyTooLong
	}
	if p.body != nil {
		return p.body(body)
	}
	return 0
}

// authority reports whether nothing of a URL's other parts is in one.
func authority(host string) bool {
	return strings.Trim(host, "!$&'()*+,;=-._~:[]%"+"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// fields chooses the field lines. What is said of the body's length is each
// program's own.
func (p *program) fields(t *plan) {
	host := false
	for _, f := range t.head.fields {
		name := strings.ToLower(f.name)
		switch {
		case name == "content-length":
			t.sentLength(f)
		case name == "transfer-encoding":
			if !strings.EqualFold(f.value, "chunked") {
				t.notes.add(FieldsLength, f.name)
			}
		case name == "proxy-connection" && t.x.Scheme == "http":
		case name == "proxy-authorization" && t.x.Scheme == "http":
			t.notes.add(ProxyCredentials)
		case name == "host":
			p.hostField(t, f, host)
			host = true
		default:
			p.field(t, f)
		}
	}
	if !host && !t.head.http2 && !p.noHost {
		t.notes.add(FieldsAdded, "Host")
	}
}

// sentLength notes a Content-Length that says otherwise than the program will.
func (t *plan) sentLength(f field) {
	if strings.Trim(f.value, "0123456789") != "" || f.value == "" {
		t.notes.add(FieldsLength, f.name)
	}
}

func (p *program) hostField(t *plan, f field, second bool) {
	switch {
	case !second && f.value == t.x.Host && plainAuthority(t.x):
	case second || !p.host:
		if second || !strings.EqualFold(f.value, t.x.Host) {
			t.notes.add(FieldsRefused, f.name)
		}
	default:
		p.field(t, f)
	}
}

func (p *program) field(t *plan, f field) {
	owned, noted := false, false
	if p.owned != nil {
		owned, noted = p.owned(strings.ToLower(f.name), f.value)
	}
	same := slices.IndexFunc(t.fields, func(o field) bool { return strings.EqualFold(o.name, f.name) })
	switch {
	case owned && noted:
		t.notes.add(FieldsRefused, f.name)
	case owned:
	case !p.value(f.name, f.value):
		t.notes.add(FieldsUnwritable, f.name)
	case p.longest > 0 && len(f.line) > p.longest:
		t.notes.add(FieldsTooLong, f.name)
	case p.single && same >= 0:
		t.join(same, f)
	default:
		t.fields = append(t.fields, f)
	}
}

// join makes one line of two (RFC 9110 section 5.3). The crumbs of a Cookie, which
// HTTP/2 alone may cut it into, are put together again without a word (RFC 9113
// section 8.2.3).
func (t *plan) join(at int, f field) {
	between := ", "
	if strings.EqualFold(f.name, "Cookie") {
		between = "; "
	} else {
		t.notes.add(FieldsJoined, f.name)
	}
	t.fields[at].value += between + f.value
	t.fields[at].line = t.fields[at].name + ": " + t.fields[at].value
}

// printableOrTab holds of values that every parser of fields takes (RFC 9110 section
// 5.5): no controls but tabs. Bytes beyond ASCII may be in them.
func printableOrTab(_, value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// utf8Value is printableOrTab for programs that are handed a text.
func utf8Value(name, value string) bool {
	return printableOrTab(name, value) && utf8.ValidString(value)
}

// upper holds of methods that stay the same where a program writes all in upper case.
func upper(method string) bool { return method == strings.ToUpper(method) }
