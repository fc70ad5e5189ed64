//lint:file-ignore SA1019 net/http has no way to speak HTTP/2 on a connection that is there

package proxy_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"

	"posthouse/proxy"
	"posthouse/proxy/decrypt"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest"
	"posthouse/proxy/upstream"
)

// fakeCheck answers for check.example and what lies below it.
type fakeCheck struct {
	policy *decrypt.Policy
	none   error

	mu      sync.Mutex
	opened  []string
	refused []string
}

func (f *fakeCheck) Is(host []byte) bool { return strings.HasSuffix(string(host), "check.example") }

func (f *fakeCheck) Open(host string) (*decrypt.Policy, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened = append(f.opened, host)
	return f.policy, f.none
}

func (f *fakeCheck) Refused(host string, r decrypt.Refusal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused = append(f.refused, host+": "+said(r.Seen))
}

func (f *fakeCheck) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "this is the check, "+r.Host+r.URL.Path)
}

func (f *fakeCheck) saw() (opened, refused string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.opened, " "), strings.Join(f.refused, " ")
}

// checking is a proxy with a check's host, which decrypts nothing else.
func checking(t *testing.T, change func(*fakeCheck, *proxy.Config)) (*proxytest.Proxy, *fakeCheck, *proxytest.Authority) {
	ca := proxytest.NewAuthority(t, "Posthouse test CA")
	policy, err := decrypt.New(decrypt.Options{Minter: ca})
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeCheck{policy: policy}
	config := proxy.Config{Check: f}
	if change != nil {
		change(f, &config)
	}
	return proxytest.StartWith(t, proxytest.Options{Config: config}), f, ca
}

const connectCheck = "CONNECT token.check.example:443 HTTP/1.1\r\nHost: token.check.example\r\n\r\n"

// The check's host is answered under the proxy's certificate whatever is
// decrypted, with HTTP/1.1 and with HTTP/2, and the rows tell it.
func TestTheCheckAnswersItself(t *testing.T) {
	for _, protocols := range [][]string{nil, {"h2", "http/1.1"}} {
		p, f, ca := checking(t, nil)
		client := p.Client()
		client.Send(connectCheck)
		client.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
		state := client.StartClientTLS(&tls.Config{RootCAs: ca.Pool(), ServerName: "token.check.example", NextProtos: protocols})
		if want := map[bool]string{true: "http/1.1"}[protocols != nil]; state.NegotiatedProtocol != want {
			t.Errorf("%q was agreed on for %q", state.NegotiatedProtocol, protocols)
		}
		for range 2 {
			client.Send("GET /abc HTTP/1.1\r\nHost: token.check.example\r\n\r\n")
			client.ExpectStatus(200)
			client.Expect("this is the check, token.check.example/abc")
		}
		client.Close()
		row := p.Finished(2)
		if row.Kind != flow.KindLocal || row.Scheme != "https" || row.Host != "token.check.example" ||
			row.TLS.Outcome != flow.TLSDecrypted {
			t.Errorf("row %+v", row)
		}
		if opened, refused := f.saw(); opened != "token.check.example" || refused != "" {
			t.Errorf("opened %q, refused %q", opened, refused)
		}
	}
}

// The proxy's own page is there in TLS too, on its own port alone.
func TestTheOwnPageInTLS(t *testing.T) {
	p, _, ca := checking(t, nil)
	client := p.Client()
	client.Send("CONNECT Posthouse:443 HTTP/1.1\r\nHost: posthouse\r\n\r\n")
	client.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	client.StartClientTLS(&tls.Config{RootCAs: ca.Pool(), ServerName: "posthouse"})
	client.Send("GET / HTTP/1.1\r\nHost: posthouse\r\n\r\n")
	client.ExpectStatus(200)
	client.Expect("this is the check, Posthouse/")
	client.Close()
	if row := p.Finished(2); row.Kind != flow.KindLocal || row.Scheme != "https" || row.TLS.Outcome != flow.TLSDecrypted {
		t.Errorf("row %+v", row)
	}
}

// Another port of a host of that name, or another name, is as it always was.
func TestWhatIsNotTheOwnPageInTLS(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	p, f, _ := checking(t, func(_ *fakeCheck, c *proxy.Config) {
		other, err := upstream.ParseProxy("http://" + ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c.Upstream = upstream.Chain{Proxy: other}
	})
	for _, target := range []string{"posthouse:22", "posthouse.example:443"} {
		client := p.Client()
		client.Send("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n")
		asked, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(asked).ReadString('\n')
		if err != nil || line != "CONNECT "+target+" HTTP/1.1\r\n" {
			t.Errorf("the upstream proxy was asked for %q (%v)", line, err)
		}
		_ = asked.Close()
		client.ExpectStatus(502)
	}
	if opened, _ := f.saw(); opened != "" {
		t.Errorf("opened %q", opened)
	}
}

func TestTheCheckSpeaksHTTP2ToThoseWhoSpeakNothingElse(t *testing.T) {
	p, _, ca := checking(t, nil)
	client := p.Client()
	client.Send(connectCheck)
	client.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	client.StartClientTLS(&tls.Config{RootCAs: ca.Pool(), ServerName: "token.check.example", NextProtos: []string{"h2"}})
	conn, err := (&http2.Transport{}).NewClientConn(client.TLS())
	if err != nil {
		t.Fatal(err)
	}
	request, _ := http.NewRequest("GET", "https://token.check.example/h2", nil)
	answer, err := conn.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(answer.Body)
	if string(got) != "this is the check, token.check.example/h2" {
		t.Errorf("got %q", got)
	}
	_ = conn.Close()
}

// A client that does not trust the certificate is told of by name, and not
// counted among the hosts that people visit.
func TestTheCheckTellsWhoRefused(t *testing.T) {
	p, f, _ := checking(t, nil)
	client := p.Client()
	client.Send(connectCheck)
	client.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	if _, err := client.TryClientTLS(&tls.Config{RootCAs: proxytest.NewAuthority(t, "other").Pool(),
		ServerName: "token.check.example"}); err == nil {
		t.Fatal("the certificate was taken")
	}
	client.Close()
	row := p.Finished(1)
	if row.TLS.Outcome != flow.TLSRefused || row.Failure != flow.FailureTLS {
		t.Errorf("row %+v", row)
	}
	if _, refused := f.saw(); refused != "token.check.example: alert bad_certificate" {
		t.Errorf("refused %q", refused)
	}
	if all := p.Server.Refusals(); len(all) != 0 {
		t.Errorf("counted %+v", all)
	}
}

// A client that leaves after the handshake did not like what it saw.
func TestTheCheckTellsWhoLeft(t *testing.T) {
	p, f, ca := checking(t, nil)
	client := p.Client()
	client.Send(connectCheck)
	client.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	client.StartClientTLS(&tls.Config{RootCAs: ca.Pool(), ServerName: "token.check.example"})
	client.Close()
	p.Finished(1)
	if _, refused := f.saw(); refused != "token.check.example: closed after the handshake" {
		t.Errorf("refused %q", refused)
	}
}

func TestTheCheckSaysWhyItCannotBe(t *testing.T) {
	p, _, _ := checking(t, func(f *fakeCheck, _ *proxy.Config) { f.policy, f.none = nil, errors.New("there is no authority") })
	client := p.Client()
	client.Send(connectCheck)
	if head := client.ExpectStatus(503); head == "" {
		t.Fatal("no head")
	}
	p.Finished(1)
	if x := p.Exchange(1); said(x.Reason) != "there is no authority" {
		t.Errorf("exchange %+v", x)
	}
}

func TestTheCheckTakesNothingButTLS(t *testing.T) {
	p, _, _ := checking(t, nil)
	client := p.Client()
	client.Send(connectCheck)
	client.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	client.Send("GET / HTTP/1.1\r\nHost: token.check.example\r\n\r\n")
	client.ExpectGone()
	if row := p.Finished(1); row.Failure != flow.FailureTLS {
		t.Errorf("row %+v", row)
	}
}

// Nothing of the check leaves: no upstream proxy is asked, by CONNECT or in the clear.
func TestTheCheckStaysHere(t *testing.T) {
	p, _, ca := checking(t, func(_ *fakeCheck, c *proxy.Config) {
		other, err := upstream.ParseProxy("http://192.0.2.1:1")
		if err != nil {
			t.Fatal(err)
		}
		c.Upstream = upstream.Chain{Proxy: other}
	})
	client := p.Client()
	client.Send("GET http://token.check.example/ HTTP/1.1\r\nHost: token.check.example\r\n\r\n")
	head := client.ExpectStatus(200) // the page of the proxy itself
	if !strings.Contains(head, "text/plain") {
		t.Errorf("head %q", head)
	}
	second := p.Client()
	second.Send(connectCheck)
	second.Expect("HTTP/1.1 200 Connection Established\r\n\r\n")
	second.StartClientTLS(&tls.Config{RootCAs: ca.Pool(), ServerName: "token.check.example"})
	second.Send("GET /in HTTP/1.1\r\nHost: token.check.example\r\n\r\n")
	second.ExpectStatus(200)
}
