package decrypt

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	utls "github.com/refraction-networking/utls"
	"software.sslmate.com/src/go-pkcs12"

	"posthouse/proxy/reason"
)

func TestHosts(t *testing.T) {
	for _, c := range []struct {
		patterns, yes, no string
	}{
		{"", "", "a.example b"},
		{"*", "a.example 127.0.0.1 ::1 x", ""},
		{"a.example", "a.example A.Example a.example.", "b.example x.a.example example"},
		{"*.example.com", "a.example.com x.y.Example.COM.", "example.com aexample.com com"},
		{"* -bank.example !*.gov", "a.example gov", "bank.example BANK.EXAMPLE. x.gov"},
		{"-*", "", "a.example"},
		{"*.example -*.example", "", "a.example"},
		{"127.0.0.1 [::1] 2001:DB8::1", "127.0.0.1 ::1 2001:db8::1 127.1 2130706433 0x7f.1. 0:0::1 ::ffff:127.0.0.1", "127.0.0.2 127.2"},
		{"127.1 0:0::1", "127.0.0.1 ::1", "127.1.example"},
		{"* -10.0.0.1", "10.2", "10.1 0xa000001 10.0.0.1."},
	} {
		h, err := ParseHosts(strings.Fields(c.patterns))
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range strings.Fields(c.yes) {
			if !h.Match([]byte(host)) {
				t.Errorf("%q does not match %q", c.patterns, host)
			}
		}
		for _, host := range strings.Fields(c.no) {
			if h.Match([]byte(host)) {
				t.Errorf("%q matches %q", c.patterns, host)
			}
		}
	}
	for _, bad := range []string{"", "a*.example", "https://a", "a:443", "a/b", "*.*.a", "-", "*.", strings.Repeat("a", 300)} {
		if _, err := ParseHosts([]string{bad}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	h, _ := ParseHosts([]string{"*.example.com", "a", "-b.example.com"})
	host := []byte("x.y.Example.com")
	if n := testing.AllocsPerRun(100, func() { h.Match(host) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	all, _ := ParseHosts([]string{"*", "-x"})
	if long := bytes.Repeat([]byte("a"), 4000); all.Match(long) || !all.Excepts(long) {
		t.Error("a name that no exception was looked up for matches")
	}
}

// Exceptions are known by themselves, whatever else is on the list.
func TestExceptions(t *testing.T) {
	for _, c := range []struct {
		patterns, yes, no string
	}{
		{"", "", "a.example"},
		{"*", "", "a.example"},
		{"a.example -b.example", "b.example B.Example.", "a.example x.b.example"},
		{"!*.gov -10.0.0.1", "x.gov 10.1", "gov 10.0.0.2"},
		{"-*", "a.example ::1", ""},
	} {
		h, err := ParseHosts(strings.Fields(c.patterns))
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range strings.Fields(c.yes) {
			if !h.Excepts([]byte(host)) {
				t.Errorf("%q does not except %q", c.patterns, host)
			}
		}
		for _, host := range strings.Fields(c.no) {
			if h.Excepts([]byte(host)) {
				t.Errorf("%q excepts %q", c.patterns, host)
			}
		}
	}
	var none *Hosts
	long := bytes.Repeat([]byte("a"), 4000)
	if none.Excepts([]byte("a")) || (&Hosts{}).Excepts(long) {
		t.Error("no list has an exception")
	}
	h, _ := ParseHosts([]string{"-*.example.com"})
	host := []byte("x.y.Example.com")
	if n := testing.AllocsPerRun(100, func() { h.Excepts(host) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPins(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	for _, text := range []string{"a.example " + sum, "*.example SHA256:" + strings.ToUpper(sum),
		"a " + strings.TrimSuffix(strings.Repeat("0a:", 32), ":")} {
		if p, err := ParsePin(text); err != nil || p.Fingerprint[31] != 10 {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "a", "a b", "a " + sum[2:], "a/b " + sum} {
		if _, err := ParsePin(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if p, _ := ParsePin("a.example " + sum); p.Host != "a.example" || fmt.Sprintf("%x", p.Fingerprint) != sum {
		t.Errorf("%q", p)
	}
}

func TestClientCertificateForms(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(der)
	store, err := pkcs12.Modern.Encode(key, leaf, nil, "secret")
	if err != nil {
		t.Fatal(err)
	}
	if c, err := ParseClientCertificate(store, nil, "secret"); err != nil || len(c.Certificate) != 1 || c.PrivateKey == nil {
		t.Errorf("PKCS#12: %v", err)
	}
	if _, err := ParseClientCertificate(store, nil, "wrong"); err == nil || !strings.Contains(err.Error(), "password") {
		t.Errorf("a wrong password: %v", err)
	}
	for _, text := range []string{"", "nothing", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"} {
		if _, err := ParseClientCertificate([]byte(text), nil, ""); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

type noMinter struct{}

func (noMinter) Leaf(string) (*tls.Certificate, error)    { return nil, errors.New("none") }
func (noMinter) RSALeaf(string) (*tls.Certificate, error) { return nil, errors.New("none") }

// However many hosts are met, few are remembered.
func TestTablesAreBounded(t *testing.T) {
	p, err := New(Options{Hosts: []string{"*"}, Minter: noMinter{}})
	if err != nil {
		t.Fatal(err)
	}
	first := p.Target("0", 443, Offer{H1: true})
	for i := range 3 * maxTargets {
		p.Target(fmt.Sprint(i), 443, Offer{H1: true})
		if i%100 == 0 && p.Target("0", 443, Offer{H1: true}) != first {
			t.Fatal("a target in use was forgotten")
		}
	}
	if len(p.targets.by) > maxTargets || p.targets.recent.Len() > maxTargets {
		t.Errorf("%d targets", len(p.targets.by))
	}
	for i := range 3 * maxSessions {
		first.sessions.put(fmt.Sprint(i), new(utls.ClientSessionState))
	}
	if n := len(first.sessions.all); n != maxSessions {
		t.Errorf("%d sessions of one target", n)
	}
	if p.Target("1", 443, Offer{H1: true}).ID() == p.Target("1", 444, Offer{H1: true}).ID() {
		t.Error("two ports are one target")
	}
	var r Refusals
	for i := range 3 * maxRefusals {
		r.Count(fmt.Sprint(i), Silent(0), time.Now())
	}
	r.Accepted("never refused")
	if n := len(r.All()); n != maxRefusals {
		t.Errorf("%d hosts are counted", n)
	}
}

func (r Refusal) as(how Certainty) Refusal {
	r.Certainty = how
	return r
}

// A row shows the whole sentence, whatever the names are.
func TestSentencesFitARow(t *testing.T) {
	const row = 256
	long := strings.Repeat("a-long-label.", 30)
	for _, how := range []Certainty{Possible, Likely, Sure} {
		text := reason.English(Silent(99*time.Second).as(how).Describe(long, HostRefusals{Refused: 1000, Accepted: 1000}))
		if len(text) > row || !strings.HasSuffix(text, ".") {
			t.Errorf("%d bytes: %s", len(text), text)
		}
	}
}

func TestRefusedReadsErrors(t *testing.T) {
	for _, c := range []struct {
		err   error
		reset bool
		how   Certainty
	}{
		{io.EOF, false, Likely}, {io.ErrUnexpectedEOF, false, Likely}, {errors.New("x"), true, Likely},
		{errors.New("tls: no cipher"), false, 0},
	} {
		if r, ok := Refused(c.err, 0, c.reset); r.Certainty != c.how || ok != (c.how != 0) {
			t.Errorf("%v: %+v", c.err, r)
		}
	}
}

func FuzzHosts(f *testing.F) {
	f.Add("*.example.com", "a.example.com")
	f.Fuzz(func(t *testing.T, pattern, host string) {
		h, err := ParseHosts([]string{pattern})
		if err != nil {
			return
		}
		h.Match([]byte(host))
	})
}
