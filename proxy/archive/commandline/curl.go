package commandline

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"posthouse/proxy/reason"
)

// UserAgent is what curl says of itself where a command does not: that of the version
// whose requests are made here.
const UserAgent = "curl/7.88.1"

// acceptEncoding is what --compressed asks for in a curl with all codings.
const acceptEncoding = "deflate, gzip, br, zstd"

// maxRequests bounds the requests of one command.
const maxRequests = 1000

// transfer is what options say of the requests up to the next --next.
type transfer struct {
	command  command
	urls     []option
	method   string
	headers  []option
	data     []byte
	hasData  bool
	json     bool
	form     []option
	get      bool
	head     bool
	upload   bool
	compress bool
	agent    *string
	referer  string
	cookies  []string
	user     *string
	bearer   string
	span     string
	target   string
	query    []string
	proto    string
	asIs     bool // --path-as-is
	globoff  bool
	auth     string // the option that computes credentials
	notes    []Note
}

// readCurl makes requests of a command's words behind its name.
func readCurl(words []word, c command) ([]Request, error) {
	list, err := options(words)
	if err != nil {
		return nil, err
	}
	var all []Request
	at := 0
	if len(words) > 0 {
		at = words[0].at
	}
	t := &transfer{command: c}
	for i := 0; i <= len(list); i++ {
		if i < len(list) && list[i].name != "next" {
			if err := t.take(list[i]); err != nil {
				return nil, err
			}
			continue
		}
		requests, err := t.requests(at)
		if err != nil {
			return nil, err
		}
		if all = append(all, requests...); len(all) > maxRequests {
			return nil, &fault{at, reason.CommandLong.With(maxRequests)}
		}
		t = &transfer{command: c}
	}
	return all, nil
}

// protocols are versions by the options for them.
var protocols = map[string]string{"http1.0": "HTTP/1.0", "http1.1": "HTTP/1.1", "http2": "HTTP/2.0", "http2-prior-knowledge": "HTTP/2.0",
	"http3": "HTTP/3.0", "http3-only": "HTTP/3.0"}

// take takes an option that says what is sent.
func (t *transfer) take(o option) error {
	switch o.name {
	case "url":
		t.urls = append(t.urls, o)
	case "request":
		t.method = o.value
	case "header":
		t.header(o)
	case "data", "data-ascii", "data-binary", "data-raw", "data-urlencode", "json":
		t.addData(o)
	case "form", "form-string":
		t.form = append(t.form, o)
	case "get":
		t.get = true
	case "head":
		t.head = !o.off
	case "compressed":
		t.compress = !o.off
	case "user-agent":
		t.agent = &o.value
	case "referer":
		t.referer, _, _ = strings.Cut(o.value, ";auto")
	case "cookie":
		t.cookie(o)
	case "user":
		t.user = &o.value
	case "oauth2-bearer":
		t.bearer = o.value
	case "range":
		t.span = o.value
	case "request-target":
		t.target = o.value
	case "url-query":
		t.addQuery(o)
	case "http1.0", "http1.1", "http2", "http2-prior-knowledge", "http3", "http3-only":
		t.proto = protocols[o.name]
		t.sendingNote(o)
	case "path-as-is":
		t.asIs = !o.off
	case "globoff":
		t.globoff = !o.off
	case "upload-file":
		t.upload = true
		t.note(NoteFile, o.name, o.value)
	case "config":
		if o.value == "-" && t.command.piped {
			return t.config(o)
		}
		t.note(NoteFile, o.name, o.value)
	default:
		t.other(o)
	}
	return nil
}

func (t *transfer) header(o option) {
	if name, ok := strings.CutPrefix(o.value, "@"); ok {
		t.note(NoteFile, o.name, name)
		return
	}
	t.headers = append(t.headers, o)
}

// cookie takes name=value; anything else is the name of a file.
func (t *transfer) cookie(o option) {
	if !strings.Contains(o.value, "=") {
		t.note(NoteFile, o.name, o.value)
		return
	}
	t.cookies = append(t.cookies, o.value)
}

// other takes the options that do not change what is sent.
func (t *transfer) other(o option) {
	switch {
	case computed[o.name] && !o.off:
		t.auth = o.name
		t.note(NoteAuth, o.name, "")
	case files[o.name]:
		t.note(NoteFile, o.name, o.value)
	case o.name == "netrc" || o.name == "netrc-optional":
		t.note(NoteFile, o.name, "~/.netrc")
	default:
		t.sendingNote(o)
	}
}

func (t *transfer) sendingNote(o option) {
	if !sending[o.name] || o.off && o.name != "alpn" {
		return
	}
	if secret[o.name] {
		o.value = ""
	}
	if name, ok := strings.CutPrefix(o.value, "@"); ok {
		t.note(NoteFile, o.name, name)
		return
	}
	t.note(NoteSending, o.name, withoutCredentials(o.value))
}

func (t *transfer) note(kind NoteKind, option, value string) {
	t.notes = append(t.notes, Note{kind, option, value})
}

// withoutCredentials is a value such as that of --proxy without a user and password.
func withoutCredentials(value string) string {
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		scheme, rest = "", value
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if ok {
		return scheme + "://" + rest
	}
	return rest
}

// addData joins what is sent in a body, with & between as curl does.
func (t *transfer) addData(o option) {
	piece, ok := []byte(o.value), true
	switch o.name {
	case "data-raw":
	case "data-urlencode":
		piece, ok = t.urlencoded(o)
	default:
		if name, isFile := strings.CutPrefix(o.value, "@"); isFile {
			piece, ok = t.file(o, name, o.name == "data" || o.name == "data-ascii")
		}
	}
	if o.name == "json" {
		t.json = true
	} else if t.hasData && len(t.data) > 0 {
		piece = append([]byte("&"), piece...)
	}
	t.hasData = true
	if ok {
		t.data = append(t.data, piece...)
	}
}

// file is what a name behind @ holds: only what comes in by a pipe that is known.
func (t *transfer) file(o option, name string, stripped bool) ([]byte, bool) {
	if name != "-" || !t.command.piped {
		t.note(NoteFile, o.name, name)
		return nil, false
	}
	if !stripped {
		return t.command.stdin, true
	}
	return []byte(strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(string(t.command.stdin))), true
}

// urlencoded is content, =content, name=content, @file or name@file.
func (t *transfer) urlencoded(o option) ([]byte, bool) {
	at := strings.IndexAny(o.value, "=@")
	switch {
	case at < 0:
		return []byte(escaped(o.value)), true
	case o.value[at] == '@':
		content, ok := t.file(o, o.value[at+1:], false)
		prefix := o.value[:at]
		if prefix != "" {
			prefix += "="
		}
		return []byte(prefix + escaped(string(content))), ok
	case at == 0:
		return []byte(escaped(o.value[1:])), true
	}
	return []byte(o.value[:at+1] + escaped(o.value[at+1:])), true
}

// escaped has + for a space, and all but unreserved signs (RFC 3986 section 2.3) encoded.
func escaped(text string) string { return url.QueryEscape(text) }

// addQuery takes --url-query: as --data-urlencode, and what begins with + as it is.
func (t *transfer) addQuery(o option) {
	if plain, ok := strings.CutPrefix(o.value, "+"); ok {
		t.query = append(t.query, plain)
		return
	}
	if piece, ok := t.urlencoded(o); ok {
		t.query = append(t.query, string(piece))
	}
}

// requests makes one request of each URL.
func (t *transfer) requests(at int) ([]Request, error) {
	if len(t.urls) == 0 {
		return nil, &fault{at, reason.CommandNoURL.With()}
	}
	if t.head && (t.hasData && !t.get || len(t.form) > 0) {
		return nil, &fault{at, reason.CommandConflict.With("--head")}
	}
	if t.hasData && !t.get && len(t.form) > 0 {
		return nil, &fault{at, reason.CommandConflict.With("--form")}
	}
	for _, name := range t.command.variables {
		t.note(NoteVariable, "", name)
	}
	var all []Request
	for _, o := range t.urls {
		r, err := t.request(o)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (t *transfer) request(o option) (Request, error) {
	r := Request{Proto: t.proto, Target: t.target, Notes: t.notes}
	if !t.globoff && globbed(o.value) {
		r.Notes = append(r.Notes[:len(r.Notes):len(r.Notes)], Note{NoteGlob, "", o.value})
	}
	query := t.query
	if t.get && t.hasData {
		query = append(query[:len(query):len(query)], string(t.data))
	}
	target, err := parseURL(o, query, t.asIs)
	if err != nil {
		return r, err
	}
	r.URL, r.Socket = target.text(), target.socket
	if t.user == nil && target.user != "" {
		t.user = &target.user
	}
	boundary := ""
	switch {
	case len(t.form) > 0:
		r.Body, boundary = t.multipart()
	case t.hasData && !t.get:
		r.Body = append([]byte{}, t.data...)
	}
	r.Method = t.methodOf(r.Body != nil)
	r.Fields = t.fields(&r, target.authority, boundary)
	return r, nil
}

func (t *transfer) methodOf(body bool) string {
	switch {
	case t.method != "":
		return t.method
	case t.head:
		return "HEAD"
	case t.upload:
		return "PUT"
	case body:
		return "POST"
	}
	return "GET"
}

func basic(user string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(user)) }

func length(b []byte) string { return strconv.Itoa(len(b)) }
