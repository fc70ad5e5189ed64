package ca

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asking loads each address and tells which of them came.
const asking = `<!doctype html><script>
const all = %q.split(' ');
Promise.all(all.map((u) => fetch(u, {mode: 'no-cors'}).then(() => u, () => 'FAILED:' + u)))
  .then((r) => location = '/done?r=' + encodeURIComponent(r.join(' ')));
</script>`

// Chromium trusts leaves for every kind of host once the CA is in its store,
// which is one of the test's own, and none before.
func TestChromiumTrustsLeaves(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium")
	}
	certutil, err := exec.LookPath("certutil")
	if err != nil {
		t.Skip("there is no certutil (libnss3-tools)")
	}
	for name, domains := range map[string][]string{"any": nil, "limited": {"ph.test", "xn--bcher-kva.test"}} {
		t.Run(name, func(t *testing.T) {
			a, err := Open(t.TempDir(), Options{PermittedDomains: domains})
			if err != nil {
				t.Fatal(err)
			}
			hosts := []string{"ph.test", "www.ph.test", "other.ph.test", "a_b.ph.test", "xn--bcher-kva.test",
				strings.Repeat(strings.Repeat("a", 45)+".", 3) + "ph.test"}
			if domains == nil {
				hosts = append(hosts, "127.0.0.1")
			}
			done, refused := make(chan string, 1), make(chan string, 1)
			port, want := serveLeaves(t, a, hosts, done, refused)
			home := browserHome(t, certutil)
			if got := ask(t, browser, home, port, done, refused); !strings.Contains(got, "unknown certificate") {
				t.Fatalf("without the CA: %s", got)
			}
			root := filepath.Join(home, "root.pem")
			if err := os.WriteFile(root, a.PEM(), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(certutil, "-A", "-d", "sql:"+home+"/.pki/nssdb", "-t", "C,,", "-n", "ca", "-i",
				root).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if got := ask(t, browser, home, port, done, nil); got != want {
				t.Errorf("it loaded\n%s, not\n%s", got, want)
			}
		})
	}
}

// browserHome is a home folder with an empty store.
func browserHome(t *testing.T, certutil string) string {
	t.Helper()
	// The browser's helpers may write a moment longer than it lives.
	home, err := os.MkdirTemp("", "posthouse-ca-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	store := filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(store, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(certutil, "-N", "--empty-password", "-d", "sql:"+store).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return home
}

// serveLeaves answers for every host with its own leaf; it gives the port,
// and what the page tells when all hosts were reached.
func serveLeaves(t *testing.T, a *Authority, hosts []string, done, refused chan<- string) (port, want string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, host := range hosts {
		all = append(all, "https://"+host+":"+port+"/")
	}
	want = strings.Join(all, " ")
	s := &http.Server{
		ErrorLog:     log.New(told(refused), "", 0),
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/2 would share one connection
		TLSConfig: &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName == "" { // an address
				return a.Leaf("127.0.0.1")
			}
			return a.Leaf(hello.ServerName)
		}},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/start":
				w.Header().Set("Content-Type", "text/html")
				_, _ = fmt.Fprintf(w, asking, want)
			case "/done":
				select {
				case done <- r.FormValue("r"):
				default:
				}
			}
		}),
	}
	served := make(chan error, 1)
	go func() { served <- s.ServeTLS(l, "", "") }()
	t.Cleanup(func() {
		_ = s.Close()
		<-served
	})
	return port, want
}

// told passes on the alert of a browser that does not trust. A browser also
// opens connections that it never uses.
type told chan<- string

func (c told) Write(b []byte) (int, error) {
	if line := string(b); strings.Contains(line, "unknown certificate") {
		select {
		case c <- line:
		default:
		}
	}
	return len(b), nil
}

// ask opens the page in the browser and gives what it tells, or how it refused
// the server where that is listened to.
func ask(t *testing.T, browser, home, port string, done, refused <-chan string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--no-proxy-server",
		"--user-data-dir="+filepath.Join(home, "profile"),
		"--host-resolver-rules=MAP *.ph.test 127.0.0.1, MAP ph.test 127.0.0.1, MAP xn--bcher-kva.test 127.0.0.1, MAP * ~NOTFOUND, "+
			"EXCLUDE 127.0.0.1",
		"--remote-debugging-port=0", "https://ph.test:"+port+"/start")
	cmd.Env = append(os.Environ(), "HOME="+home)
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = cmd.Wait() // it was killed
	}()
	select {
	case got := <-done:
		return got
	case got := <-refused:
		return got
	case <-time.After(time.Minute):
		return "nothing within a minute"
	}
}
