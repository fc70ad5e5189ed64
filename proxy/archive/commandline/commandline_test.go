package commandline_test

import (
	"errors"
	"strings"
	"testing"

	"posthouse/proxy/archive/commandline"
	"posthouse/proxy/archive/message"
	"posthouse/proxy/export"
	"posthouse/proxy/flow"
	"posthouse/proxy/reason"
)

func parse(t *testing.T, text string) commandline.Request {
	t.Helper()
	r, err := commandline.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

func expect(t *testing.T, text, want string) {
	t.Helper()
	r := parse(t, text)
	head, body, _ := strings.Cut(want, "\n\n")
	want = strings.ReplaceAll(head+"\n\n", "\n", "\r\n") + body
	if got := string(r.Head()) + string(r.Body); got != want {
		t.Errorf("%s is read as\n%s", text, got)
	}
}

// As Chrome and Firefox copy it on Windows.
func TestCmd(t *testing.T) {
	expect(t, "curl ^\"https://example.com/a?b=^%^41^&c^\" ^\r\n  -X ^\"PUT^\" ^\r\n  -H ^\"accept: */*^\" ^\r\n"+
		"  -H ^\"user-agent: x^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"1 ^& 2^\\^\"^}^\"",
		"PUT /a?b=%41&c HTTP/1.1\nHost: example.com\naccept: */*\nuser-agent: x\nContent-Length: 13\n"+
			"Content-Type: application/x-www-form-urlencoded\n\n{\"a\":\"1 & 2\"}")
	r := parse(t, "curl \"http://h/\" ^\n --data-raw \"a\"^\n\n\"b\" & curl http://h/2")
	if string(r.Body) != "a\nb" || len(r.Notes) != 1 || r.Notes[0].Kind != commandline.NoteMore {
		t.Errorf("%q, %v", r.Body, r.Notes)
	}
	expect(t, `curl "http://h/" ^
 -H "a: ""b"" c\\" -H "d: \"e\""`,
		"GET / HTTP/1.1\nHost: h\nUser-Agent: curl/7.88.1\nAccept: */*\na: \"b\" c\\\nd: \"e\"\n\n")
}

// As Chrome copies it, with its session; and as people write it.
func TestInvokeWebRequest(t *testing.T) {
	expect(t, "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n"+
		"$session.UserAgent = \"Mozilla/5.0 (X11)\"\n"+
		"$session.Cookies.Add((New-Object System.Net.Cookie(\"sid\", \"1 2\", \"/\", \"example.com\")))\n"+
		"$session.Cookies.Add((New-Object System.Net.Cookie(\"b\", \"2\", \"/\", \"example.com\")))\n"+
		"Invoke-WebRequest -UseBasicParsing -Uri \"https://example.com/x?y=`$1\" `\n-Method \"POST\" `\n-WebSession $session `\n"+
		"-Headers @{\n\"authority\"=\"example.com\"\n  \"accept\"=\"*/*\"\n  \"x\"=\"a;b\"\n} `\n-ContentType \"application/json\" `\n"+
		"-Body ([System.Text.Encoding]::UTF8.GetBytes(\"{`\"a`\":`\"$([char]233)$([char]55357)$([char]56832)`\"}\"))",
		"POST /x?y=$1 HTTP/1.1\nHost: example.com\nUser-Agent: Mozilla/5.0 (X11)\naccept: */*\nx: a;b\nCookie: sid=1 2; b=2\n"+
			"Content-Type: application/json\nContent-Length: 14\n\n{\"a\":\"é😀\"}")
	expect(t, "$headers = New-Object \"System.Collections.Generic.Dictionary[[String],[String]]\"\n$headers.Add(\"A\", \"b\")\n"+
		"$body = @\"\n{\n  \"x\": 1}\n\"@\n$response = Invoke-RestMethod 'http://h/p' -Method 'PATCH' -Headers $headers -Body $body\n"+
		"$response | ConvertTo-Json",
		"PATCH /p HTTP/1.1\nHost: h\nA: b\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 11\n\n{\n  \"x\": 1}")
	r := parse(t, "iwr http://h -SkipCertificateCheck -Body @{a='it''s'; b=\"c d\"} -Method:POST")
	if string(r.Body) != "a=it%27s&b=c+d" || r.Method != "POST" || len(r.Notes) != 1 || r.Notes[0].Option != "insecure" {
		t.Errorf("%+v", r)
	}
	r = parse(t, "curl.exe 'http://h/' `\n  -H 'a: ''b''' `\n -d '{\\\"a\\\":1}'")
	if string(r.Body) != `{"a":1}` || !strings.Contains(string(r.Head()), "a: 'b'\r\n") {
		t.Errorf("%s%s", r.Head(), r.Body)
	}
}

// Errors say where.
func TestErrorsHaveTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "line 1, character 1: there is no command for curl or Invoke-WebRequest",
		"wget http://h":                         "line 1, character 1: there is no command for curl or Invoke-WebRequest",
		"curl":                                  "line 1, character 1: the command has no URL",
		"curl \\\n 'http://h":                   "line 2, character 2: the quotation that begins here is not closed",
		"curl http://h \\\n  -H ä \\\n  --nope": "line 3, character 3: curl has no option --nope",
		"curl http://h -X":                      "line 1, character 15: --request needs a value",
		"curl ftp://h/":                         "line 1, character 6: ftp://h/ is no URL for http or https",
		"curl 'http://a b'":                     "line 1, character 6: http://a b is no URL for http or https",
		"curl http://h/$(id)":                   "line 1, character 15: the shell would have to run $(...) first, and nothing is run here",
		"curl \"http://h/`id`\"":                "line 1, character 16: the shell would have to run `...` first, and nothing is run here",
		"curl -I http://h -d x":                 "line 1, character 6: --head and a body cannot be sent together",
		"curl --dat http://h":                   "line 1, character 6: --dat may stand for several options",
		"Invoke-WebRequest -Uri \"x":            "line 1, character 24: the quotation that begins here is not closed",
		"iwr http://h -Body \"$(id)\"":          "line 1, character 21: the shell would have to run $(...) first, and nothing is run here",
	} {
		_, err := commandline.Parse(text)
		var broken *commandline.Error
		if !errors.As(err, &broken) || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := commandline.Parse("curl http://h -d '" + strings.Repeat("x", commandline.MaxText) + "'"); err == nil {
		t.Error("a text of any length is taken")
	}
}

// No file is read, and what else is missing is said.
func TestNotes(t *testing.T) {
	r := parse(t, "curl http://h -d @/etc/passwd -H @fields -k -L -x http://u:s3cret@proxy:1 --proxy-user u:s3cret --resolve a:1:2 "+
		"-E cert.pem --digest -u u:p -d $T -d @-")
	var all []string
	for _, n := range r.Notes {
		all = append(all, reason.English(n.Reason()))
	}
	got := strings.Join(all, "\n")
	for _, want := range []string{"the file /etc/passwd was not read", "the file fields was not read", "--insecure says how",
		"--location says how",
		"--proxy http://proxy:1 says how", "--proxy-user says how", "--resolve a:1:2 says how", "cert.pem", "--digest makes credentials",
		"the variable $T was left", "the file - was not read"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "s3cret") || string(r.Body) != "$T" || strings.Contains(string(r.Head()), "Authorization") {
		t.Errorf("%s\n%s%s", got, r.Head(), r.Body)
	}
	if r := parse(t, "curl http://h/{a,b} --http2"); len(r.Notes) != 1 || r.Proto != "HTTP/2.0" {
		t.Errorf("%+v", r)
	}
}

// Several commands, several URLs and --next are several requests.
func TestSeveral(t *testing.T) {
	all, err := commandline.ParseAll("curl http://a/1 http://a/2 --next -d x http://a/3 ;\ncurl 'http://a/4' # it\n"+
		"echo curl http://a/5 | cat\n", commandline.AnyShell)
	if err != nil || len(all) != 4 || all[2].Method != "POST" || all[3].URL != "http://a/4" {
		t.Errorf("%+v, %v", all, err)
	}
}

// What is copied as curl here comes back as the request that it was, from each shell.
func TestReadsWhatIsCopied(t *testing.T) {
	row := flow.Row{Method: "POST", Scheme: "https", Host: "example.com", Path: "/a?b='c'&d=%20\"", Proto: "HTTP/1.1"}
	fields := []message.Field{{Name: "Host", Value: "example.com"}, {Name: "Accept", Value: `"q" it's 100% ^x $y \z`}, {Name: "Empty"},
		{Name: "User-Agent", Value: "agent"}, {Name: "Content-Type", Value: "application/json"}, {Name: "Content-Length", Value: "22"}}
	for _, body := range []string{`{"a":"it's 50% \\ $b"}`, "{\"a\":\"line\nanother\"}~~", "\x00\x01\xff binary         é!"} {
		x := &flow.Exchange{Row: row, RequestHead: message.RequestHead(&row, fields)}
		x.RequestBody = message.Kept([]byte(body), 1<<20)
		if len(body) != 22 {
			t.Fatal(len(body))
		}
		for _, shell := range []export.Shell{export.Sh, export.Cmd, export.PowerShell} {
			c := export.Curl(x, shell)
			if len(c.Notes) > 0 || strings.Contains(c.Text, "GetTempFileName") {
				continue // it says itself that it is another one
			}
			r, err := commandline.Parse(c.Text)
			if err != nil {
				t.Errorf("%v: %v\n%s", shell, err, c.Text)
				continue
			}
			back := r.Exchange(1 << 20)
			if back.Method != x.Method || back.URL() != x.URL() || string(back.RequestBody.Bytes) != body {
				t.Errorf("%v: %s %s %q of\n%s", shell, back.Method, back.URL(), back.RequestBody.Bytes, c.Text)
			}
			for _, f := range fields {
				line := strings.TrimSpace(f.Name+": "+f.Value) + "\r\n"
				if !strings.Contains(string(back.RequestHead), line) {
					t.Errorf("%v: %q is missing in\n%s", shell, line, back.RequestHead)
				}
			}
		}
	}
}
