package export_test

import (
	"strings"
	"testing"

	"posthouse/proxy/export"
)

// A terminal without line editing drops what is beyond 1,024 or 4,096 bytes of a
// line, with the quote at its end: then the next field would be read as a command.
// So no line is long, and what is put together again is what was sent.
func TestLongValuesTakeSeveralLines(t *testing.T) {
	needCurl(t)
	o := newOrigin(t)
	const commands = "B: $(touch run);touch run #\r\nC: '\r\n"
	for name, r := range map[string]struct{ head, body string }{
		"letters": {"GET / HTTP/1.1\r\nHost: HOST\r\nA: " + strings.Repeat("a", 5000) + "\r\n" + commands + "\r\n", ""},
		"quotes":  {"GET / HTTP/1.1\r\nHost: HOST\r\nA: " + strings.Repeat(`a'\!`, 1000) + "\r\n" + commands + "\r\n", ""},
		"bytes": {"GET /" + strings.Repeat("é\xff", 400) + " HTTP/1.1\r\nHost: HOST\r\nA: " + strings.Repeat("é'\xff\\", 1000) + "\r\n" +
			commands + "\r\n", ""},
		"url": {"GET /" + strings.Repeat("a'", 1000) + "?" + strings.Repeat("b", 3000) + " HTTP/1.1\r\nHost: HOST\r\n" +
			commands + "\r\n", ""},
		"target": {"GET /" + strings.Repeat("%a'", 1000) + " HTTP/1.1\r\nHost: HOST\r\n" + commands + "\r\n", ""},
		"method": {strings.Repeat("a'", 450) + " /" + strings.Repeat("a", 890) + " HTTP/1.1\r\nHost: HOST\r\n" + commands + "\r\n", ""},
		"body":   {"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: N\r\n\r\n", strings.Repeat(`中'@'\! `, 500)},
	} {
		for _, run := range runners(t) {
			if run.shell != export.Sh {
				continue
			}
			t.Run(run.name+"/"+name, func(t *testing.T) {
				x := captured(r.head, r.body, o.host)
				c := export.Curl(x, export.Sh)
				checkText(t, c.Text, export.Sh)
				run.do(t, c.Text)
				if got := o.next(t); got.head != string(x.RequestHead) || got.body != r.body || len(c.Notes) > 0 {
					t.Errorf("%v\n%.500q\n%.500q", c.Notes, got.head, got.body)
				}
			})
		}
	}
}

// A console that breaks a line of the here-string does not end it.
func TestNoLineCanEndAHereString(t *testing.T) {
	needCurl(t)
	o := newOrigin(t)
	x := captured("POST /'@ HTTP/1.1\r\nHost: HOST\r\nA: "+strings.Repeat("'@;calc #", 1000)+"\r\nContent-Length: N\r\n\r\n",
		strings.Repeat(`'@"'@\`, 2000), o.host)
	c := export.Curl(x, export.PowerShell)
	checkText(t, c.Text, export.PowerShell)
	runPowerShell(t, c.Text, "\n")
	if got := o.next(t); got.head != string(x.RequestHead) || got.body != string(x.RequestBody.Bytes) {
		t.Errorf("%.300q", got.head)
	}
}
