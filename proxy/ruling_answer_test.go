package proxy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/reason"
	"posthouse/proxy/rules"
)

// Behind a status that has no body no byte is written that a client takes for another response.
func TestRulesAnswerWithoutABody(t *testing.T) {
	for _, status := range []string{"204", "205", "304"} {
		_, err := rules.Load("rules.toml", []byte("[[rule]]\nanswer = { status = "+status+", text = 'HTTP/1.1 200 OK' }"), "")
		var bad *rules.FileError
		if !errors.As(err, &bad) || bad.Why.Code != reason.RuleNoBody {
			t.Error(status, err)
		}
	}
	p := ruled(t, "[[rule]]\nname='Text'\nanswer.text='HTTP/1.1 200 OK'\nresponse.status=204")
	client := p.Client()
	for range 2 {
		client.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
		client.ExpectStatus(200)
		client.Expect("HTTP/1.1 200 OK")
	}
	row := p.Finished(1)
	if row.Status != 200 || row.Effects&flow.EffectFailed == 0 {
		t.Errorf("%+v", row)
	}
	p = ruled(t, "[[rule]]\nanswer.status=204")
	client = p.Client()
	for range 2 {
		client.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
		if head := client.ExpectStatus(204); strings.Contains(head, "Content-Length") {
			t.Errorf("%q", head)
		}
	}
}

func ruledFile(t *testing.T, size int64) (*proxytest.Proxy, string) {
	folder := t.TempDir()
	path := filepath.Join(folder, "big.bin")
	f, err := os.Create(path)
	if err = errors.Join(err, f.Truncate(size), f.Close()); err != nil {
		t.Fatal(err)
	}
	set, err := rules.Load("rules.toml", []byte("[[rule]]\nanswer.file='big.bin'"), folder)
	if err != nil {
		t.Fatal(err)
	}
	return proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Rules: set}}), path
}

// A file is read as its client takes it: one that leaves ends the reading.
func TestRulesAnswerALongFile(t *testing.T) {
	p, _ := ruledFile(t, 1<<40) // nothing that holds it whole could answer
	client := p.Client()
	client.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	if head := client.ExpectStatus(200); !strings.Contains(head, "\r\nContent-Length: 1099511627776\r\n") {
		t.Errorf("%q", head)
	}
	client.Expect(strings.Repeat("\x00", 1<<20))
	client.Reset()
	if row := p.Finished(1); row.Failure != flow.FailureClientGone {
		t.Errorf("%+v", row)
	}
}

// A file that becomes shorter while it is read does not look whole to the client.
func TestRulesAnswerAFileThatShrinks(t *testing.T) {
	const size = 64 << 20
	p, path := ruledFile(t, size)
	client := p.Client()
	client.Send("GET http://nowhere.invalid/ HTTP/1.1\r\nHost: nowhere.invalid\r\n\r\n")
	client.ExpectStatus(200)
	if err := os.Truncate(path, 1000); err != nil {
		t.Fatal(err)
	}
	if got, err := client.Quiet().Rest(); len(got) >= size || err == nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if row := p.Finished(1); row.Failure != flow.FailureTruncated || row.Reason.Code != reason.RuleFileShort {
		t.Errorf("%+v", row)
	}
}
