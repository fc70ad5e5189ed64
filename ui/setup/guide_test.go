package setup

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/app/switches/systemproxy"
)

// origin is a server for HTTPS on this computer.
func origin(t *testing.T) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// get asks through the proxy, with what the client trusts.
func get(d *desk, target string, roots *x509.CertPool) error {
	proxy := &url.URL{Scheme: "http", Host: d.Controller.Status().Addrs[0]}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Get(target)
	if err == nil {
		_ = answer.Body.Close()
	}
	return err
}

func (g *guide) done() (out []int) {
	for i, s := range g.steps {
		if s.isDone {
			out = append(out, i+1)
		}
	}
	return out
}

// A person is led from "off" to the first decrypted request; what goes wrong on
// the way is said with its remedy.
func TestTheFirstSteps(t *testing.T) {
	server := origin(t)
	store := newStore(trust.Step{Kind: trust.NSS, State: trust.Absent}, nil)
	d := newDesk(t, store)
	s := d.Controller.Settings()
	s.Decrypt.InsecureUpstream = true
	if err := d.Controller.Apply(s); err != nil {
		t.Fatal(err)
	}
	g := openGuide(d.Deps, "")
	is := func(steps ...int) func() bool { return func() bool { return slices.Equal(g.done(), steps) } }
	if len(g.done()) != 0 || g.current != 0 || !d.says("has to run") {
		t.Fatalf("at first %v are done\n%s", g.done(), d.text())
	}
	d.press("Start the proxy")
	d.until("it runs", is(1))
	if !d.says("It runs at " + d.Controller.Status().Addrs[0]) {
		t.Errorf("it says\n%s", d.text())
	}
	d.press("Next")

	// A connection to a host that was not chosen is named.
	if err := get(d, server.URL, x509.NewCertPool()); err == nil {
		t.Fatal("a client without roots is content")
	}
	d.until("something passed", is(1, 4))
	g.open(4)
	d.until("what passed unread is named", func() bool { return d.says("passed through unread", "[Decrypt 127.0.0.1]") })
	d.press("Back")
	g.open(1)
	d.press("Decrypt")
	if !d.says("Write a host first") {
		t.Errorf("it says\n%s", d.text())
	}
	typeInto(d, "127.0.0.1")
	d.press("Decrypt")
	d.until("it is chosen", is(1, 2, 4))
	if !d.says("Decrypted now: 127.0.0.1") {
		t.Errorf("it says\n%s", d.text())
	}

	// A client that does not trust the certificate is named, with the remedies.
	if err := get(d, server.URL, x509.NewCertPool()); err == nil {
		t.Fatal("a client without roots is content")
	}
	g.open(4)
	d.until("the refusal is said", func() bool {
		return d.says("did not take the certificate for 127.0.0.1", "[Install the certificate]", "[Pass 127.0.0.1 through, always]")
	})
	d.press("Install the certificate")
	if g.current != 2 || !d.says("in no store", "http://posthouse/") {
		t.Errorf("step %d says\n%s", g.current+1, d.text())
	}
	d.press("Install…")
	d.until("the plan is there", func() bool { return d.says("untick what you do not want") })
	d.press("Install")
	d.until("it is installed", func() bool { return d.says("restart them") })
	d.press("Close")
	d.until("the guide knows", is(1, 2, 3, 4))

	a, err := d.Controller.Decryption().Authority()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate())
	if err := get(d, server.URL+"/first", roots); err != nil {
		t.Fatal(err)
	}
	d.until("it came", is(1, 2, 3, 4, 5))
	g.open(4)
	if !d.says("It came: GET "+server.URL+"/first") || d.says("did not take") {
		t.Errorf("it says\n%s", d.text())
	}
	d.press("Finish")
	if d.Window.Canvas().Overlays().Top() != nil || !g.ended {
		t.Error("it is open still")
	}
}

// The host of a row is added to those that are decrypted.
func TestTheGuideForARow(t *testing.T) {
	d := newDesk(t)
	s := d.Controller.Settings()
	s.Decrypt.Off = true // kept for later
	s.Decrypt.Hosts, s.Decrypt.Except = []string{"a.example"}, []string{"b.example"}
	if err := d.Controller.Apply(s); err != nil {
		t.Fatal(err)
	}
	g := openGuide(d.Deps, "b.example:443")
	g.open(1)
	d.press("Decrypt")
	d.until("both are decrypted", func() bool { return d.says("Decrypted now: a.example, b.example") })
	if got := d.Controller.Settings().Decrypt; len(got.Except) != 0 {
		t.Errorf("settings %+v", got)
	}
	typeInto(d, "a b*")
	d.press("Decrypt")
	d.until("the mistake is said", func() bool { return d.says("b*") && d.says("*.example.com or *") })
	for _, o := range d.objects() {
		if e, ok := o.(*entry); ok {
			e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		}
	}
	if !g.ended {
		t.Error("Escape in the list of hosts does not close the guide")
	}
}

func TestTheGuideSwitchesTheSystemProxy(t *testing.T) {
	d := newDesk(t)
	system := d.System.(*fakeSystem)
	g := openGuide(d.Deps, "")
	g.open(3)
	d.press("Switch the system proxy on")
	if len(system.asked) != 1 || !system.asked[0] {
		t.Errorf("asked %v", system.asked)
	}
	g.close()
	system.phase = systemproxy.On
	g = openGuide(d.Deps, "")
	if !slices.Equal(g.done(), []int{4}) {
		t.Errorf("done are %v", g.done())
	}
}

// The command names a host that is decrypted, and the certificate where the
// system does not have it.
func TestTheCommand(t *testing.T) {
	a, err := newDesk(t).Controller.Decryption().MakeAuthority(app.AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	in := []trust.Step{{Kind: trust.System, State: trust.Present}}
	for _, c := range []struct {
		f    facts
		want string
		cert bool
	}{
		{facts{address: "127.0.0.1:9"}, "https://example.com/", false},
		{facts{address: "127.0.0.1:9", hosts: []string{"*"}, authority: a}, "https://example.com/", true},
		{facts{address: "127.0.0.1:9", hosts: []string{"-x.example", "*.b.example"}, authority: a, stores: in},
			"https://b.example/", false},
		{facts{address: "127.0.0.1:9", hosts: []string{"a;b"}}, "'https://a;b/'", false},
	} {
		got := curlLine(&c.f)
		if !strings.HasPrefix(got, "curl --proxy http://127.0.0.1:9 ") || !strings.HasSuffix(got, " "+c.want) ||
			strings.Contains(got, "--cacert") != c.cert {
			t.Errorf("%q", got)
		}
	}
}
