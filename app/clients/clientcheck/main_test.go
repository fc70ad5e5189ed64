package clientcheck

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posthouse/app/clients/internal/host/hosttest"
	"posthouse/app/desktop/sysproxy"
	"posthouse/proxy"
	"posthouse/proxy/ca"
	"posthouse/proxy/proxytest"
)

// The test program also plays the clients: FAKE says which part.
func TestMain(m *testing.M) {
	if part := os.Getenv("FAKE"); part != "" {
		os.Exit(play(part, os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// play is a client with curl's flags: its last argument is a URL, and --proxy or
// the environment names the proxy.
func play(part string, args []string) int {
	if log := os.Getenv("FAKE_LOG"); log != "" {
		f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return 9
		}
		_, _ = fmt.Fprintln(f, strings.Join(args, " "))
		_ = f.Close()
	}
	if slices.Contains(args, "--version") {
		fmt.Println("curl 99.1 (fake)")
		return 0
	}
	address, through := args[len(args)-1], os.Getenv("https_proxy")
	if i := slices.Index(args, "--proxy"); i >= 0 {
		through = args[i+1]
	}
	switch part {
	case "lost":
		fmt.Fprintln(os.Stderr, "curl: (6) could not resolve host")
		return 6
	case "hangs":
		time.Sleep(time.Minute)
		return 0
	case "floods":
		for range 100 {
			_, _ = os.Stderr.WriteString(strings.Repeat("certificate \x1b[31m noise ", 4<<10))
		}
	case "leaves":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "FAKE=hangs", "FAKE_LOG=")
		child.Stdout = os.Stdout // which it holds open
		if child.Start() != nil {
			return 9
		}
		_ = os.WriteFile(os.Getenv("FAKE_PID"), fmt.Append(nil, child.Process.Pid), 0o600)
	}
	roots := x509.NewCertPool()
	if part == "trusts" || part == "leaves" {
		text, _ := os.ReadFile(os.Getenv("FAKE_CA"))
		roots.AppendCertsFromPEM(text)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, InsecureSkipVerify: slices.Contains(args, "-sSk")}}
	if through != "" {
		to, err := url.Parse(through)
		if err != nil {
			return 5
		}
		transport.Proxy = http.ProxyURL(to)
	}
	answer, err := (&http.Client{Transport: transport, Timeout: 20 * time.Second}).Get(address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 60
	}
	_, _ = io.Copy(os.Stdout, answer.Body)
	return 0
}

// bench is a computer with clients of a test's own, and a proxy.
type bench struct {
	*hosttest.Computer
	t     *testing.T
	dir   string // of the authority
	ca    *ca.Authority
	host  *Host
	proxy *proxytest.Proxy
	roots *x509.CertPool // of the system
	desks []sysproxy.Summary
	limit time.Duration
}

func newBench(t *testing.T, o ca.Options) *bench {
	t.Helper()
	b := &bench{Computer: hosttest.New(t), t: t, dir: filepath.Join(t.TempDir(), "ca"), roots: x509.NewCertPool()}
	var err error
	if b.ca, err = ca.Open(b.dir, o); err != nil {
		t.Fatal(err)
	}
	b.host = NewHost(func() (*ca.Authority, error) { return ca.Load(b.dir) })
	b.proxy = proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Check: b.host}})
	b.Env = b.With("FAKE_CA=" + b.Write("/usr/bin/ca.pem", string(b.ca.PEM())))
	return b
}

func (b *bench) checkup() *Checkup {
	b.t.Helper()
	c, err := New(Options{Proxy: b.proxy.Addr(), Host: b.host, CAFile: filepath.Join(b.dir, "posthouse-ca.pem"),
		Bundle: filepath.Join(b.dir, "bundle.pem"), Env: b.Env, Home: b.Home,
		Limit: b.limit, Roots: func() (*x509.CertPool, error) { return b.roots, nil },
		SystemProxy: func(context.Context) []sysproxy.Summary { return b.desks }})
	if err != nil {
		b.t.Fatal(err)
	}
	c.computer.Dirs = b.Dirs // and not where this computer has programs
	return c
}
