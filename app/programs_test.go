package app_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrg/xdg"

	"posthouse/app"
	"posthouse/app/clients/shellenv"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/proxy/proxytest/eventually"
)

// forProgram is a proxy that runs by the settings, an origin, and a listener for one program.
func forProgram(t *testing.T, change func(*settings.Settings)) (c *app.Controller, origin string, l *app.ProgramListener) {
	t.Helper()
	s := anyPort()
	s.Decrypt = settings.Decrypt{CA: filepath.Join(t.TempDir(), "ca"), InsecureUpstream: true}
	if change != nil {
		change(&s)
	}
	c = newController(t, app.Options{Settings: &s})
	c.Start()
	await(t, c, app.Running)
	l, err := c.Programs().Listen("Browser", true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return c, tlsOrigin(t).Addr().String(), l
}

// decrypts reports whether a tunnel by addr is opened under the program's CA.
func decrypts(t *testing.T, l *app.ProgramListener, addr, origin string) bool {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(l.Certificate())
	err := throughProxy(t, addr, origin, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	var unknown x509.UnknownAuthorityError
	if err != nil && !errors.As(err, &unknown) {
		t.Fatalf("by %s: %v", addr, err)
	}
	return err == nil
}

// From nothing: no host is listed and there is no authority. The program is decrypted,
// and nothing else is.
func TestAProgramIsDecryptedByAListenerForItself(t *testing.T) {
	c, origin, l := forProgram(t, nil)
	before := c.Settings()
	if !decrypts(t, l, l.Addr(), origin) {
		t.Error("what the program asks is not decrypted")
	}
	if decrypts(t, l, c.Addr(), origin) {
		t.Error("what others ask is decrypted")
	}
	if host, _, err := net.SplitHostPort(l.Addr()); err != nil || host != "127.0.0.1" {
		t.Errorf("it listens on %s", l.Addr())
	}
	if s := c.Status(); len(s.Addrs) != 1 || s.Addrs[0] == l.Addr() {
		t.Errorf("the proxy's addresses are %v", s.Addrs)
	}
	if c.Decryption().CA() != nil || !c.Settings().Equal(before) {
		t.Error("hosts are decrypted by the settings")
	}
	l.Close()
	l.Close()
	if conn, err := net.Dial("tcp", l.Addr()); err == nil {
		_ = conn.Close()
		t.Error("it listens after its end")
	}
	if page := ask(t, c.Addr(), "http://posthouse/cert.pem"); !strings.Contains(page, "decryption is off") {
		t.Errorf("after the end the page offers %q", page)
	}
}

// Whatever keeps a host out of decryption holds for such a program too.
func TestAProgramPassesExceptions(t *testing.T) {
	for name, change := range map[string]func(*settings.Settings){
		"except":        func(s *settings.Settings) { s.Decrypt.Except = []string{"127.0.0.1"} },
		"among hosts":   func(s *settings.Settings) { s.Decrypt.Hosts = []string{"a.example", "-127.0.0.1"} },
		"while off":     func(s *settings.Settings) { s.Decrypt.Hosts, s.Decrypt.Off = []string{"*", "!127.0.0.1"}, true },
		"chosen by row": nil,
	} {
		t.Run(name, func(t *testing.T) {
			c, origin, l := forProgram(t, change)
			if name == "chosen by row" {
				if !decrypts(t, l, l.Addr(), origin) {
					t.Error("it is not decrypted at first")
				}
				if err := c.Decryption().PassHost(origin, false); err != nil {
					t.Fatal(err)
				}
			}
			if decrypts(t, l, l.Addr(), origin) {
				t.Error("an exception is decrypted")
			}
		})
	}
}

// Switched off, the list of hosts is not followed; a program is decrypted all the same.
func TestAProgramIsDecryptedWhileHostsAreNot(t *testing.T) {
	c, origin, l := forProgram(t, func(s *settings.Settings) { s.Decrypt.Hosts, s.Decrypt.Off = []string{"*"}, true })
	if !decrypts(t, l, l.Addr(), origin) || decrypts(t, l, c.Addr(), origin) {
		t.Error("not the program alone is decrypted")
	}
	s := c.Settings()
	s.Decrypt.Off = false
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if !decrypts(t, l, c.Addr(), origin) {
		t.Error("the end of a program ended what the settings say")
	}
}

// A program that is open finds the proxy again where it was, after a stop and after the
// proxy has moved to another port.
func TestAProgramStaysThroughStops(t *testing.T) {
	c, origin, l := forProgram(t, nil)
	c.Stop()
	await(t, c, app.Stopped)
	if _, err := c.Programs().Listen("Other", true); !errors.Is(err, app.ErrNotRunning) {
		t.Errorf("without the proxy: %v", err)
	}
	if conn, err := net.Dial("tcp", l.Addr()); err == nil {
		_ = conn.Close()
		t.Error("it listens though the proxy is stopped")
	}
	c.Start()
	await(t, c, app.Running)
	if !decrypts(t, l, l.Addr(), origin) {
		t.Error("it is not decrypted after a stop")
	}
	s := c.Settings()
	s.Proxy.Listen = []string{"127.0.0.2"}
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	if !decrypts(t, l, l.Addr(), origin) {
		t.Error("it is not decrypted after a move")
	}

	c.Stop()
	await(t, c, app.Stopped)
	taken, err := net.Listen("tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	c.Start()
	await(t, c, app.Running) // the port of one program keeps nothing else from running
	l.Close()
	c.Stop()
	await(t, c, app.Stopped)
	l.Close()
}

func TestProgramsWithAListenerAreBounded(t *testing.T) {
	c, _, first := forProgram(t, nil)
	for n := 1; n < app.MaxPrograms; n++ {
		l, err := c.Programs().Listen("Browser", true)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	if _, err := c.Programs().Listen("Browser", true); !errors.Is(err, app.ErrTooManyPrograms) {
		t.Errorf("one too many: %v", err)
	}
	first.Close()
	l, err := c.Programs().Listen("Browser", true)
	if err != nil {
		t.Fatalf("where one has ended: %v", err)
	}
	l.Close()
}

// Without the authority a program goes on in tunnels, and none is made for it behind the
// back of who deleted it; the next one that is opened has a new one.
func TestAProgramWhoseAuthorityIsDeleted(t *testing.T) {
	c, origin, l := forProgram(t, nil)
	if err := c.Decryption().RemoveAuthority(); err != nil {
		t.Fatal(err)
	}
	if decrypts(t, l, l.Addr(), origin) {
		t.Error("it is decrypted still")
	}
	c.Stop()
	await(t, c, app.Stopped)
	c.Start()
	await(t, c, app.Running)
	if _, err := c.Decryption().Authority(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is an authority again: %v", err)
	}
	next, err := c.Programs().Listen("Browser", true)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if !decrypts(t, next, next.Addr(), origin) || next.Certificate().Equal(l.Certificate()) {
		t.Error("the next one is not decrypted, or by the old authority")
	}
}

// An authority that cannot be used is said before a program is opened without it.
func TestAProgramWithADamagedAuthority(t *testing.T) {
	c, _, l := forProgram(t, nil)
	l.Close()
	s := c.Settings()
	s.Decrypt.CA = filepath.Join(t.TempDir(), "ca")
	if err := c.Apply(s); err != nil {
		t.Fatal(err)
	}
	damage(t, s.Decrypt.CA)
	if _, err := c.Programs().Listen("Browser", true); err == nil || !strings.Contains(err.Error(), "CA") {
		t.Errorf("%v", err)
	}
	if c.Status().State != app.Running {
		t.Error("the proxy ended")
	}
}

// The page shows a program the address that everybody may use, not the one that is the
// program's own; and it is there in TLS.
func TestThePageForAProgram(t *testing.T) {
	c, _, l := forProgram(t, nil)
	_, own, _ := net.SplitHostPort(l.Addr())
	for _, at := range []string{l.StartPage(), app.PlainStartPage, "http://" + l.Addr() + "/"} {
		page := askAs(t, l, at)
		if !strings.Contains(page, "http://"+c.Addr()) || strings.Contains(page, own) {
			t.Errorf("%s says %s", at, page)
		}
	}
	if l.StartPage() != "https://posthouse/" {
		t.Errorf("it begins with %s", l.StartPage())
	}
	if page := askAs(t, l, "https://posthouse/cert.pem"); !strings.Contains(page, "BEGIN CERTIFICATE") {
		t.Errorf("the certificate is %q", page)
	}
}

// An authority for some domains cannot sign for Posthouse's own page.
func TestTheStartPageOfALimitedAuthority(t *testing.T) {
	c, _, l := forProgram(t, nil)
	if _, err := c.Decryption().ReplaceAuthority(app.AuthorityOptions{PermittedDomains: []string{"a.example"}}); err != nil {
		t.Fatal(err)
	}
	limited, err := c.Programs().Listen("Browser", true)
	if err != nil {
		t.Fatal(err)
	}
	defer limited.Close()
	if limited.StartPage() != app.PlainStartPage || l.StartPage() == app.PlainStartPage {
		t.Errorf("they begin with %s and %s", limited.StartPage(), l.StartPage())
	}
}

// askAs fetches a page as the program of a listener.
func askAs(t *testing.T, l *app.ProgramListener, at string) string {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(l.Certificate())
	return fetch(t, l.Addr(), at, roots)
}

// ask fetches a page by the proxy at addr.
func ask(t *testing.T, addr, at string) string {
	t.Helper()
	return fetch(t, addr, at, nil)
}

func fetch(t *testing.T, addr, at string, roots *x509.CertPool) string {
	t.Helper()
	client := &http.Client{Timeout: deadline, Transport: &http.Transport{DisableKeepAlives: true,
		Proxy:           http.ProxyURL(&url.URL{Scheme: "http", Host: addr}),
		TLSClientConfig: &tls.Config{RootCAs: roots}}}
	if strings.HasPrefix(at, "http://127.") {
		client.Transport.(*http.Transport).Proxy = nil
	}
	r, err := client.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// damage leaves half an authority in a folder.
func damage(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(app.CAFile(dir), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A tool that is pointed at the listener by a terminal's variables trusts the certificate.
func TestATerminalsToolsAreDecrypted(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed")
	}
	data := xdg.DataHome
	xdg.DataHome = t.TempDir()
	t.Cleanup(func() { xdg.DataHome = data })
	c, _, l := forProgram(t, nil)
	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer site.Close()
	o, err := l.Environment()
	if err != nil {
		t.Fatal(err)
	}
	vars, err := shellenv.Variables(o)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(curl, "-sS", "--max-time", "10", "--noproxy", "", site.URL+"/by-a-tool")
	for _, v := range vars {
		cmd.Env = append(cmd.Env, v.Name+"="+v.Value)
	}
	if said, err := cmd.CombinedOutput(); err != nil || string(said) != "hello" {
		t.Fatalf("curl: %v, %s", err, said)
	}
	eventually.Holds(t, "its row is decrypted", func() bool {
		row, ok := c.Store().Row(2)
		return ok && row.Path == "/by-a-tool" && row.Phase.Final() && row.TLS.Outcome == flow.TLSBadCertificate && row.App != ""
	})
}
