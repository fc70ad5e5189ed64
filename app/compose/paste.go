package compose

import (
	"bytes"
	"strings"

	"posthouse/proxy/archive"
	"posthouse/proxy/archive/commandline"
	"posthouse/proxy/archive/rawhttp"
	"posthouse/proxy/flow"
)

// Pasted is what a text was recognised as.
type Pasted struct {
	Draft *Draft
	Notes []flow.Reason // what of the text the draft does not have
}

// Recognise makes a draft of a command for curl or PowerShell, or of a message. A text that is
// neither, such as a URL, is none; one that is a command but a broken one has an error.
func Recognise(text string) (p *Pasted, err error) {
	switch {
	case isCommand(text):
		return ofCommand(text)
	case isMessage(text):
		return ofMessage(text)
	}
	return nil, nil
}

// isCommand knows the commands by their first word.
func isCommand(text string) bool {
	begin := strings.TrimLeft(text, " \t\r\n>")
	begin = strings.TrimPrefix(begin, "$ ")
	word, rest, more := strings.Cut(begin[:min(len(begin), 4096)], " ")
	if !more {
		word, rest, _ = strings.Cut(word, "\n")
	}
	word = strings.ToLower(strings.TrimSpace(word))
	word = word[strings.LastIndexAny(word, `/\`)+1:]
	switch word {
	case "curl", "curl.exe", "invoke-webrequest", "invoke-restmethod", "iwr", "irm":
		return strings.TrimSpace(rest) != ""
	}
	lower := strings.ToLower(begin[:min(len(begin), 64<<10)])
	return strings.HasPrefix(lower, "$") && (strings.Contains(lower, "invoke-webrequest") || strings.Contains(lower, "invoke-restmethod"))
}

func ofCommand(text string) (*Pasted, error) {
	r, err := commandline.Parse(text)
	if err != nil {
		return nil, err
	}
	d := New()
	scheme, host, target, err := cutURL(r.URL)
	if err != nil {
		return nil, err
	}
	x := r.Exchange(MaxBody)
	d.Scheme, d.Host = scheme, host
	d.Head = ParseHead(r.Head(), nil)
	if target != "" && r.Target == "" && d.Head.Target() == "" {
		d.Head.setTarget(target)
	}
	if r.Socket {
		d.AskSocket(true)
	}
	d.take(x)
	p := &Pasted{Draft: d}
	for _, n := range r.Notes {
		if d.noted(n) {
			continue
		}
		p.Notes = append(p.Notes, n.Reason())
	}
	return p, nil
}

// noted takes what a note says where a draft has a place for it.
func (d *Draft) noted(n commandline.Note) bool {
	switch {
	case n.Kind != commandline.NoteSending:
		return false
	case n.Option == "location":
		d.Follow = true
	case n.Option == "http2" || n.Option == "http2-prior-knowledge":
		d.Proto = HTTP2
	case n.Option == "http1.1":
		d.Proto = HTTP1
	default:
		return false
	}
	return true
}

// isMessage knows a request line that has fields behind it, or a version.
func isMessage(text string) bool {
	text = strings.TrimLeft(text, "\r\n")
	line, rest, more := strings.Cut(text[:min(len(text), MaxHead)], "\n")
	words := strings.Fields(line)
	if len(words) < 2 || strings.Trim(words[0], "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" || strings.HasPrefix(words[0], "HTTP") {
		return false
	}
	if strings.HasPrefix(words[len(words)-1], "HTTP/") && len(words) > 2 {
		return true
	}
	field, _, _ := strings.Cut(rest, "\n")
	return more && len(words) == 2 && strings.Contains(field, ":")
}

func ofMessage(text string) (*Pasted, error) {
	r, err := rawhttp.Open(strings.NewReader(text), int64(len(text)), archive.Limits{Body: MaxBody, Head: MaxHead})
	if err != nil {
		return nil, err
	}
	x, err := r.Next()
	if err != nil {
		return nil, err
	}
	d := New()
	d.Head = ParseHead(x.RequestHead, nil)
	d.Scheme, d.Host = x.Scheme, x.Host
	if d.Scheme == "" {
		d.Scheme = "https"
	}
	d.take(x)
	return &Pasted{Draft: d}, nil
}

// take takes the body of an exchange.
func (d *Draft) take(x *flow.Exchange) {
	d.Body.Bytes = bytes.Clone(x.RequestBody.Bytes)
	if mode := d.GuessMode(); mode != Text {
		d.SetMode(mode)
	}
}
