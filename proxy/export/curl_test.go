package export_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/proxy/shellquote/shelltest"
)

// every is all bytes.
var every = func() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}()

// hostile means something to each shell, to each program's runtime or to curl.
const hostile = `it's "a" \ \" $HOME $(id) ` + "`id`" +
	` !! !x %PATH% %PATH:~0,3% ^ &calc& |b; <c> (d) {e,f} [g] *?~ #x @/etc/passwd \n %0 \\`

// request is one that is sent again. HOST stands for the origin. Where a shell
// cannot carry all of it, its note is named, and lacks is what does not arrive.
type request struct {
	name, head, body string
	notes            map[export.Shell][]export.NoteKind
	lacks            []string // lines that a shell with notes leaves out
}

var requests = []request{
	{name: "get", head: "GET /a?b=c HTTP/1.1\r\nHost: HOST\r\nUser-Agent: me\r\nAccept: */*\r\n\r\n"},
	{name: "nothing that curl adds", head: "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "path as it is", head: "GET /a/../b/./c//d;e?f[1]={2}&g='h'|^`\"<>\\%2f%2F%zz%7e& HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "fields", head: "GET / HTTP/1.1\r\nHost: HOST\r\nsec-ch-ua: \"Chromium\";v=\"1\", \"Not/A)Brand\";v=\"8\"\r\nX-A: " +
		"1\r\nB:2\r\nx-a:   3  \r\nEmpty:\r\nConnection: keep-alive\r\n!#$%&'*+-.^_`|~: odd\r\nX: " + hostile + "\r\n\r\n"},
	{name: "host of another spelling", head: "GET / HTTP/1.1\r\nhOst:other.example\r\n\r\n"},
	{name: "no host", head: "GET / HTTP/1.0\r\nA: b\r\n\r\n"},
	{name: "options of all", head: "OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "own method", head: "a!'%$`b HTTP/1.1", body: ""},
	{name: "post", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: N\r\n\r\n",
		body: `{"a": "b"}`},
	{name: "post hostile", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: hostile},
	{name: "post a file's name", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: "@/etc/passwd"},
	{name: "post a dash", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: "-o x"},
	{name: "post backslashes", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: `a\\"b\`},
	{name: "put", head: "PUT /x HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: "x"},
	{name: "get with a body", head: "GET /x HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: "x"},
	{name: "post nothing", head: "POST /x HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n"},
	{name: "post without a length", head: "POST /x HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	{name: "chunked", head: "POST /x HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n", body: "chunked"},
	{name: "chunked, empty", head: "PUT /x HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{name: "old", head: "POST /x HTTP/1.0\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: "x"},
	{name: "form of many lines", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: "{\n\t\"a\": 1\r\n}\n\n",
		notes: only(export.Cmd, export.BodyUnwritable)},
	{name: "chinese", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: "中文 é Á 驿站",
		notes: only(export.Cmd, export.BodyUnwritable)},
	{name: "every byte", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: every,
		notes: only(export.Cmd, export.BodyUnwritable)},
	{name: "controls", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n",
		body: "\x1b[201~\ntouch x\n\u009b31m\u202e\u2028\x7f", notes: only(export.Cmd, export.BodyUnwritable)},
	{name: "packed", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Encoding: gzip\r\nContent-Length: N\r\n\r\n",
		body:  "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x4b\x04\x00\x43\xbe\xb7\xe8\x01\x00\x00\x00",
		notes: only(export.Cmd, export.BodyUnwritable)},
	{name: "200 KiB", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: strings.Repeat("0123456789abcde\n", 200<<6),
		notes: only(export.Cmd, export.BodyUnwritable)},
	{name: "140 KiB in a line", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: strings.Repeat("é'\\", 140<<8),
		notes: only(export.Cmd, export.BodyUnwritable)},
	{name: "9,000 letters", head: "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body: strings.Repeat("a", 9000),
		notes: only(export.Cmd, export.BodyTooLong)},
	{name: "tab in a field", head: "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\tb\r\nY: c\r\n\r\n",
		notes: only(export.Cmd, export.FieldsUnwritable), lacks: []string{"X: a\tb"}},
	{name: "latin-1 in a field", head: "GET / HTTP/1.1\r\nHost: HOST\r\nX: caf\xe9!\r\nY: c\r\n\r\n", notes: both(export.FieldsUnwritable),
		lacks: []string{"X: caf\xe9!"}},
	{name: "utf-8 in a field", head: "GET / HTTP/1.1\r\nHost: HOST\r\nX: 'é\\'\r\nY: c\r\n\r\n", notes: both(export.FieldsUnwritable),
		lacks: []string{"X: 'é\\'"}},
	{name: "controls in a field", head: "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\x1b]0;x\x07\x01b\u0085\x7f\r\nY: c\r\n\r\n",
		notes: both(export.FieldsUnwritable), lacks: []string{"X: a\x1b]0;x\x07\x01b\u0085\x7f"}},
	{name: "raw bytes in the path", head: "GET /é\xff\u009b?x HTTP/1.1\r\nHost: HOST\r\n\r\n", notes: both(export.TargetEncoded)},
}

func only(s export.Shell, kinds ...export.NoteKind) map[export.Shell][]export.NoteKind {
	return map[export.Shell][]export.NoteKind{s: kinds}
}

func both(kinds ...export.NoteKind) map[export.Shell][]export.NoteKind {
	return map[export.Shell][]export.NoteKind{export.Cmd: kinds, export.PowerShell: kinds}
}

// captured is a request as the store would have it.
func captured(head, body, host string) *flow.Exchange {
	if strings.HasSuffix(head, "b HTTP/1.1") { // a method that looks like a command
		head = strings.Replace(head, " ", " / ", 1) + "\r\nHost: HOST\r\n\r\n"
	}
	head = strings.ReplaceAll(strings.ReplaceAll(head, "HOST", host), "Content-Length: N", fmt.Sprintf("Content-Length: %d", len(body)))
	x := &flow.Exchange{RequestHead: []byte(head)}
	if body != "" {
		x.RequestBody = flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: []byte(body)}
	}
	words := strings.SplitN(strings.SplitN(head, "\r\n", 2)[0], " ", 3)
	x.Scheme, x.Host, x.Path, x.Proto = "http", host, words[1], words[2]
	return x
}

// What the origin gets from each command is what was captured, byte for byte.
func TestCurlSendsTheSame(t *testing.T) {
	needCurl(t)
	o := newOrigin(t)
	for _, run := range runners(t) {
		for _, r := range requests {
			if run.typed && len(r.body) > 16<<10 {
				continue
			}
			t.Run(run.name+"/"+r.name, func(t *testing.T) {
				x := captured(r.head, r.body, o.host)
				c := export.Curl(x, run.shell)
				checkText(t, c.Text, run.shell)
				if got := kinds(c.Notes); !slices.Equal(got, r.notes[run.shell]) {
					t.Fatalf("notes %v, want %v", got, r.notes[run.shell])
				}
				run.do(t, c.Text)
				got := o.next(t)
				head, body := string(x.RequestHead), r.body
				if len(c.Notes) > 0 {
					for _, line := range r.lacks {
						head = strings.Replace(head, line+"\r\n", "", 1)
					}
					switch c.Notes[0].Kind {
					case export.TargetEncoded:
						head = strings.Replace(head, "/é\xff\u009b?x", "/%C3%A9%FF%C2%9B?x", 1)
					case export.BodyUnwritable, export.BodyTooLong:
						head, _, _ = strings.Cut(head, "Content-Length")
						head, body = head+"\r\n", ""
					}
				}
				head = strings.Replace(head, "hOst", "Host", 1)
				if got.head != head {
					t.Errorf("head\n got %q\nwant %q\n%.2000s", got.head, head, c.Text)
				}
				if got.body != body {
					t.Errorf("body\n got %.400q\nwant %.400q", got.body, body)
				}
			})
		}
	}
}

func kinds(notes []export.Note) []export.NoteKind {
	var all []export.NoteKind
	for _, n := range notes {
		all = append(all, n.Kind)
	}
	return all
}

// Host comes first and Content-Length last; what tells the proxy something stays out.
func TestOrderAndWhatIsForTheProxy(t *testing.T) {
	needCurl(t)
	o := newOrigin(t)
	x := captured("POST http://HOST/a HTTP/1.1\r\nProxy-Connection: keep-alive\r\nContent-Length: 1\r\nProxy-Authorization: Basic "+
		"eA==\r\nB: 1\r\nHost: HOST\r\nA: 2\r\n\r\n", "x", o.host)
	x.Path = "/a"
	for _, run := range runners(t) {
		c := export.Curl(x, run.shell)
		if got := kinds(c.Notes); !slices.Equal(got, []export.NoteKind{export.ProxyCredentials}) {
			t.Errorf("%s: notes %v", run.name, got)
		}
		run.do(t, c.Text)
		if got := o.next(t).head; got != "POST /a HTTP/1.1\r\nHost: "+o.host+"\r\nB: 1\r\nA: 2\r\nContent-Length: 1\r\n\r\n" {
			t.Errorf("%s: %q", run.name, got)
		}
	}
}

// A mebibyte of all bytes still goes through a shell; more is left out.
func TestLongBodies(t *testing.T) {
	needCurl(t)
	o := newOrigin(t)
	body := strings.Repeat(every, 1<<12)
	for _, run := range runners(t) {
		if run.shell == export.Cmd || run.typed {
			continue
		}
		c := export.Curl(captured("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body, o.host), run.shell)
		run.do(t, c.Text)
		if got := o.next(t); len(c.Notes) > 0 || got.body != body {
			t.Errorf("%s: %v, %d bytes", run.name, c.Notes, len(got.body))
		}
		c = export.Curl(captured("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", body+"x", o.host), run.shell)
		if got := kinds(c.Notes); !slices.Equal(got, []export.NoteKind{export.BodyTooLong}) || len(c.Text) > 1000 {
			t.Errorf("%s, one byte more: %v, %d characters", run.name, got, len(c.Text))
		}
	}
}

// What is not there to be sent is left out and noted, in every shell.
func TestWhatIsLeftOut(t *testing.T) {
	const post = "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n"
	for name, c := range map[string]struct {
		head, body string
		change     func(*flow.Exchange)
		want       export.NoteKind
		text       string // that must not be there
	}{
		"cut": {post, "secret", func(x *flow.Exchange) { x.RequestBody.State, x.RequestBody.Size = flow.BodyCut, 100 },
			export.BodyIncomplete, "secret"},
		"arriving": {post, "secret", func(x *flow.Exchange) { x.RequestBody.State = flow.BodyArriving },
			export.BodyIncomplete, "secret"},
		"evicted": {post, "secret", func(x *flow.Exchange) { x.RequestBody.State, x.RequestBody.Bytes = flow.BodyEvicted, nil },
			export.BodyIncomplete, "secret"},
		"not recorded": {post, "secret", func(x *flow.Exchange) { x.RequestBody.State, x.RequestBody.Bytes = flow.BodyNotRecorded, nil },
			export.BodyIncomplete, "secret"},
		"of HEAD":  {"HEAD / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", "secret", nil, export.BodyRefused, "secret"},
		"trailers": {post, "x", func(x *flow.Exchange) { x.RequestTrailer = []byte("A: secret\r\n") }, export.Trailers, "secret"},
		"no field": {"GET / HTTP/1.1\r\nHost: HOST\r\n@/etc/secret\r\n@/secret: x\r\n\r\n", "", nil,
			export.FieldsMalformed, "secret"},
		"folded":       {"GET / HTTP/1.1\r\nHost: HOST\r\n secret: x\r\n\r\n", "", nil, export.FieldsMalformed, "secret"},
		"LF alone":     {"GET / HTTP/1.1\r\nHost: HOST\r\nA: b\nsecret: x\r\n\r\n", "", nil, export.FieldsMalformed, "secret"},
		"CR alone":     {"GET / HTTP/1.1\r\nHost: HOST\r\nA: b\rsecret\r\n\r\n", "", nil, export.FieldsMalformed, "secret"},
		"NUL":          {"GET / HTTP/1.1\r\nHost: HOST\r\nA: b\x00secret\r\n\r\n", "", nil, export.FieldsMalformed, "secret"},
		"head cut":     {"GET / HTTP/1.1\r\nHost: HOST\r\nA: secret", "", nil, export.HeadIncomplete, "secret"},
		"client gone":  {"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 71\r\n\r\n", "secret", nil, export.BodyIncomplete, "secret"},
		"nothing came": {"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 71\r\n\r\n", "", nil, export.BodyIncomplete, "71"},
		"chunks cut": {"POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n", "secret",
			func(x *flow.Exchange) { x.Phase = flow.PhaseFailed }, export.BodyIncomplete, "secret"},
		"odd length": {"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: +71\r\n\r\n", "x", nil, export.FieldsLength, "71"},
		"odd coding": {"POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "", nil,
			export.FieldsLength, "gzip"},
		"long field": {"GET / HTTP/1.1\r\nHost: HOST\r\nA: " + strings.Repeat("secret", 30000) + "\r\n\r\n", "", nil,
			export.FieldsTooLong, "secret"},
		"no method":       {"\x1b[A / HTTP/1.1\r\nHost: HOST\r\n\r\n", "", nil, export.NoRequest, "curl"},
		"no host":         {"GET / HTTP/1.1\r\n\r\n", "", func(x *flow.Exchange) { x.Host = "" }, export.NoRequest, "curl"},
		"start-line cut":  {"GET /abc", "", func(x *flow.Exchange) { x.Proto = "" }, export.NoRequest, "curl"},
		"nothing is kept": {"GET / HTTP/1.1\r\n\r\n", "", func(x *flow.Exchange) { x.RequestHead = nil }, export.NoRequest, "curl"},
	} {
		for _, s := range []export.Shell{export.Sh, export.Cmd, export.PowerShell} {
			head := c.head
			if name == "start-line cut" {
				head = "GET / HTTP/1.1\r\n\r\n"
			}
			x := captured(head, c.body, "h.example")
			if name == "start-line cut" {
				x.RequestHead = []byte(c.head)
			}
			if c.change != nil {
				c.change(x)
			}
			got := export.Curl(x, s)
			checkText(t, got.Text, s)
			if !slices.Contains(kinds(got.Notes), c.want) || strings.Contains(got.Text, c.text) ||
				(got.Text == "") != (c.want == export.NoRequest) {
				t.Errorf("%s, shell %d: %v\n%.500s", name, s, got.Notes, got.Text)
			}
		}
	}
	x := captured("GET / HTTP/1.1\r\nHost: HOST\r\nA: "+strings.Repeat("x", 8200)+"\r\n\r\n", "", "h.example")
	if got := export.Curl(x, export.Cmd); got.Text != "" || !slices.Equal(kinds(got.Notes), []export.NoteKind{export.CommandTooLong}) {
		t.Errorf("too long for cmd.exe: %v, %d characters", got.Notes, len(got.Text))
	}
}

// A refused head is kept with all that came with it. That is no part of the head.
func TestWhatCameBehindTheHead(t *testing.T) {
	x := captured("GET / HTTP/1.1\r\nHost: HOST\r\nA: b\r\n\r\n", "", "h.example")
	want := export.Curl(x, export.Sh)
	x.RequestHead = append(x.RequestHead, "0\r\nsecret: c\r\n\r\n"...)
	if got := export.Curl(x, export.Sh); got.Text != want.Text || len(got.Notes) > 0 {
		t.Errorf("got\n%s\n%v", got.Text, got.Notes)
	}
}

// HTTP/2 is what curl speaks by itself where it can; the version is named where it is another one.
func TestVersions(t *testing.T) {
	x := &flow.Exchange{RequestHead: []byte(":method: POST\r\n:scheme: https\r\n:authority: other.example\r\n:path: /a\r\nx-b: c: " +
		"d\r\nuser-agent: me\r\naccept: */*\r\n\r\n")}
	x.Scheme, x.Host, x.Path, x.Proto = "https", "h.example", "/a", "HTTP/2.0"
	want := "curl -X POST --path-as-is --globoff https://h.example/a \\\n  -H 'Host: other.example' \\\n  -H 'x-b: c: d' \\\n  -H " +
		"'user-agent: me' \\\n  -H 'accept: */*'"
	if got := export.Curl(x, export.Sh); got.Text != want || len(got.Notes) > 0 {
		t.Errorf("got\n%s\n%v", got.Text, got.Notes)
	}
	for proto, option := range map[string]string{"HTTP/1.1": " --http1.1 ", "HTTP/1.0": " --http1.0 "} {
		x := captured("GET / "+proto+"\r\nHost: HOST\r\n\r\n", "", "h.example")
		x.Scheme = "https"
		if got := export.Curl(x, export.Sh).Text; !strings.Contains(got, option) {
			t.Errorf("%s: %s", proto, got)
		}
	}
}

func TestShellsOfASystem(t *testing.T) {
	for goos, first := range map[string]export.Shell{"windows": export.PowerShell, "linux": export.Sh, "darwin": export.Sh} {
		all := export.Shells(goos)
		if all[0] != first || len(all) != 3 || len(slices.Collect(maps.Keys(map[export.Shell]bool{all[0]: true, all[1]: true,
			all[2]: true}))) != 3 {
			t.Errorf("%s: %v", goos, all)
		}
	}
}

// Whatever was captured, the command is one that can be pasted, and what it
// hands to curl is one command line for it.
func FuzzCurl(f *testing.F) {
	for _, r := range requests {
		f.Add([]byte(r.head), []byte(r.body), "h.example", "/a?b")
	}
	f.Add([]byte("GET / HTTP/1.1\r\nA: b\r\n\r\n"), []byte("x"), "[fe80::1%$(id)]", "/\u2028")
	f.Add([]byte(":method: GET\r\n:authority: a'b\r\nx: y\r\n\r\n"), []byte("'@ | calc"), "-o", "'\n'@")
	f.Fuzz(func(t *testing.T, head, body []byte, host, path string) {
		x := &flow.Exchange{RequestHead: head, RequestBody: flow.Body{State: flow.BodyWhole, Size: int64(len(body)), Bytes: body}}
		x.Scheme, x.Host, x.Path, x.Proto = "http", host, path, "HTTP/1.1"
		for _, s := range export.Shells("linux") {
			c := export.Curl(x, s)
			checkText(t, c.Text, s)
			if c.Text == "" {
				if len(c.Notes) == 0 {
					t.Error("no command, and no reason for that")
				}
				continue
			}
			var words []string
			var err error
			switch s {
			case export.Sh:
				words, err = shelltest.POSIX(c.Text)
			case export.Cmd:
				words, err = shelltest.Cmd(c.Text)
			case export.PowerShell:
				if form := powerShellForm.FindStringSubmatch(c.Text); form != nil {
					_, rest, fault := shelltest.HereString(form[2])
					if fault != nil || rest != powerShellEnd[false] && rest != powerShellEnd[true] {
						t.Errorf("%v: it goes on with %q", fault, rest)
					}
					continue
				}
			}
			if err != nil || len(words) == 0 || words[0] != "curl" && words[0] != "printf" {
				t.Errorf("%v: %q\n%s", err, words, c.Text)
			}
			if at := slices.Index(words, "--data-raw"); at >= 0 && words[at+1] != string(body) {
				t.Errorf("%q is sent as %q", body, words[at+1])
			}
		}
	})
}

// What the commands look like, so that a change of looks is seen.
func TestLooks(t *testing.T) {
	x := captured("POST /a?b=c%20d HTTP/1.1\r\nHost: HOST\r\nX: \"y\" 100%\r\nContent-Length: N\r\n\r\n", "{\"a\": 1}", "h.example")
	for s, want := range map[export.Shell]string{
		export.Sh: "curl --path-as-is --globoff 'http://h.example/a?b=c%20d' \\\n  -H 'X: \"y\" 100%' \\\n  -H User-Agent: \\\n  -H " +
			"Accept: \\\n  -H Content-Type: \\\n  --data-raw '{\"a\": 1}'",
		export.Cmd: `curl --path-as-is --globoff ^"http://h.example/a^?b=c^%^20d^" -H ^"X: ^\^"y^\^" 100^%^" -H User-Agent: -H Accept: ` +
			`-H Content-Type: --data-raw ^"^{^\^"a^\^": 1^}^"`,
		export.PowerShell: "& { $OutputEncoding = [Text.Encoding]::ASCII\n@'\npath-as-is\ngloboff\nurl = " +
			"\"http://h.example/a?b=c%20d\"\nheader = \"X: \\\"y\\\" 100%\"\nheader = \"User-Agent:\"\nheader = \"Accept:\"\nheader = " +
			"\"Content-Type:\"\n" +
			"data-raw = \"{\\\"a\\\": 1}\"\n'@ | curl.exe -K - }",
	} {
		if got := export.Curl(x, s).Text; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	x = captured("POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", "{\n  \"a\": 1\x00\n}", "h.example")
	if got := export.Curl(x, export.Sh).Text; !strings.HasPrefix(got,
		"printf '%b' \\\n  '{\\n' \\\n  '  \"a\": 1\\0000\\n' \\\n  '}' |\ncurl --path-as-is") ||
		!strings.HasSuffix(got, "--data-binary @-") {
		t.Errorf("%s", got)
	}
}

// curl would make its own handshake for ws, or does not know it.
func TestCurlOfAWebSocketTarget(t *testing.T) {
	x := captured("GET ws://example.com/a HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\r\n", "", "example.com")
	x.Scheme, x.Path = "ws", "/a"
	for _, s := range export.Shells("linux") {
		if got := export.Curl(x, s).Text; !strings.Contains(got, "http://example.com/a") || strings.Contains(got, "ws:") {
			t.Errorf("%d: %q", s, got)
		}
	}
}
