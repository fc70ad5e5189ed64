package export

import (
	"strconv"
	"strings"

	"posthouse/proxy/flow"
)

// Shell is what a command is pasted into.
type Shell uint8

const (
	Sh         Shell = iota // sh, dash, bash, zsh; fish too
	Cmd                     // cmd.exe, at its prompt
	PowerShell              // Windows PowerShell and PowerShell, on Windows
)

// Shells are all, in the order in which a person on a system (a GOOS) would want
// them offered: the first is the one to take where none was asked for.
func Shells(goos string) []Shell {
	if goos == "windows" {
		return []Shell{PowerShell, Cmd, Sh}
	}
	return []Shell{Sh, PowerShell, Cmd}
}

// Curl is the command that sends a request again.
func Curl(x *flow.Exchange, s Shell) Copy {
	b := curl{request: newRequest(x), shell: s}
	if !b.known() || !b.writable(x.Host) {
		return none(NoRequest)
	}
	b.readBody(b.head.method.text == "HEAD", b.carries)
	b.start()
	b.fields()
	b.leftOut()
	text := b.write()
	if text == "" {
		b.notes.add(CommandTooLong)
	}
	return Copy{text, b.notes}
}

// option is one of curl's options, with the value that it takes.
type option struct {
	long, short string // short is "" where the long form is written
	value       []byte
	bare        bool // it takes none
}

// curl makes one command.
type curl struct {
	*request
	shell   Shell
	options []option
}

func (b *curl) flag(long string) { b.options = append(b.options, option{long: long, bare: true}) }

func (b *curl) set(long, short string, value []byte) {
	b.options = append(b.options, option{long: long, short: short, value: value})
}

// start is all but the field lines: method, version, target.
func (b *curl) start() {
	method := b.head.method.text
	switch {
	case method == "HEAD":
		b.flag("head")
	case method == "GET" && !b.sends, method == "POST" && b.sends:
	default:
		b.set("request", "-X", []byte(method))
	}
	switch {
	case b.x.Proto == "HTTP/1.0":
		b.flag("http1.0")
	case b.x.Proto == "HTTP/1.1" && b.x.Scheme == "https":
		b.flag("http1.1") // else curl offers HTTP/2, as it does for an exchange of that, if it can
	}
	b.flag("path-as-is")
	b.flag("globoff")
	url, target := b.target()
	b.set("url", "", []byte(url))
	if target != "" {
		b.set("request-target", "", []byte(target))
	}
}

// target is the URL, and the request target where curl would make another one of it.
func (b *curl) target() (url, target string) {
	path := b.path
	if keptByCurl(path) {
		return b.origin() + path, ""
	}
	if b.shell != Sh {
		if encoded := percentEncoded(path); encoded != path {
			b.notes.add(TargetEncoded)
			path = encoded
		}
	}
	return b.origin() + "/", path
}

// fields are the field lines, and what keeps curl from adding others.
func (b *curl) fields() {
	host := false
	for _, f := range b.head.fields {
		switch name := strings.ToLower(f.name); {
		case name == "host":
			if host || !f.ofCurl(b.x) { // a second one is no good, and curl sends one alone
				b.field(f)
			}
			host = true
		case name == "content-length" && b.length(f.value):
			b.field(f)
		case name == "content-length":
		case name == "transfer-encoding" && !b.sends:
			if !strings.EqualFold(f.value, "chunked") { // else it is left out with the body
				b.notes.add(FieldsLength, f.name)
			}
		case name == "proxy-connection" && b.x.Scheme == "http":
		case name == "proxy-authorization" && b.x.Scheme == "http":
			b.notes.add(ProxyCredentials)
		default:
			b.field(f)
		}
	}
	if !host && !b.head.http2 {
		b.without("Host")
	}
	b.without("User-Agent")
	b.without("Accept")
	if b.sends {
		b.without("Content-Type")
		if len(b.content) > 1<<10 { // more than a kibibyte, in old versions; a mebibyte in new ones
			b.without("Expect")
		}
	}
}

// length reports whether a Content-Length is to be written. One that is right is
// counted by curl; without a body only 0 can be, which curl would not send.
func (b *curl) length(value string) bool {
	switch {
	case b.sends && value == strconv.Itoa(len(b.content)):
	case !b.sends && value == "0":
		return true
	case strings.Trim(value, "0123456789") != "" || value == "":
		b.notes.add(FieldsLength, "Content-Length")
	}
	return false
}

// field writes a field line as it was sent.
func (b *curl) field(f field) {
	line := f.line
	if f.value == "" {
		line = f.name + ";" // curl's way to send an empty one: with nothing behind the colon it sends none
	}
	switch {
	case !b.writable(line):
		b.notes.add(FieldsUnwritable, f.name)
	case len(line) > b.longest():
		b.notes.add(FieldsTooLong, f.name)
	default:
		b.set("header", "-H", []byte(line))
	}
}

// without keeps curl from adding a field that the request does not have.
func (b *curl) without(name string) {
	if !b.head.has(name) {
		b.set("header", "-H", []byte(name+":"))
	}
}
