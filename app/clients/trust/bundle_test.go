package trust

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"posthouse/app/clients/shellenv"
	"posthouse/proxy/ca"
)

func pemOf(der ...[]byte) []byte {
	var out []byte
	for _, d := range der {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d})...)
	}
	return out
}

func TestBundleIsTheRootsAndTheCA(t *testing.T) {
	old, root, cert := certificate(t), certificate(t), certificate(t)
	dir := t.TempDir()
	roots, path := filepath.Join(dir, "roots.pem"), filepath.Join(dir, "data", "bundle.pem")
	text := append([]byte("# some words\n"), pemOf(root.Raw)...)
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})...)
	if err := os.WriteFile(roots, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", roots)
	for _, c := range []struct {
		name string
		want [][]byte
	}{{"old", [][]byte{root.Raw, old.Raw}}, {"new", [][]byte{root.Raw, cert.Raw}}} {
		use := old
		if c.name == "new" {
			use = cert
		}
		if err := WriteBundle(path, use); err != nil {
			t.Fatal(err)
		}
		got, err := readRoots(path)
		if err != nil || len(got) != 2 || !bytes.Equal(got[0], c.want[0]) || !bytes.Equal(got[1], c.want[1]) {
			t.Errorf("%s: %d certificates, %v", c.name, len(got), err)
		}
		if text, _ := os.ReadFile(path); bytes.Contains(text, []byte("PRIVATE")) {
			t.Error("a key is in the bundle")
		}
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteBundle(path, cert); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Error("a file that is the same is written again")
	}
	if runtime.GOOS != "windows" && before.Mode().Perm() != 0o644 {
		t.Errorf("mode %v", before.Mode())
	}
	// The terminal's own variable names the bundle: it is not its own base.
	t.Setenv("SSL_CERT_FILE", path)
	if got, err := firstRoots(path, roots); err != nil || len(got) != 1 {
		t.Errorf("%d certificates, %v", len(got), err)
	}
}

func TestNoBundleWithoutRoots(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", "")
	if roots, err := firstRoots("x", empty, filepath.Join(dir, "missing")); err == nil {
		t.Errorf("%d roots", len(roots))
	}
	path := filepath.Join(dir, "bundle.pem")
	if err := writeBundle(path, nil, certificate(t)); !errors.Is(err, ErrNoRoots) {
		t.Error(err)
	}
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, make([]byte, maxRoots+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readRoots(large); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a bundle is there")
	}
}

const nodeGet = `require('https').get(process.argv[1], (r) => { r.on('data', (d) => process.stdout.write(d)) })
	.on('error', (e) => { console.error(e.code); process.exit(1) })`

// Real clients trust what the variables name, and do not without them.
func TestClientsTrustByTheVariables(t *testing.T) {
	a, err := ca.Open(t.TempDir(), ca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	addr := serveTLS(t, a)
	dir := t.TempDir()
	file, bundle, other := filepath.Join(dir, "it's ca.pem"), filepath.Join(dir, "a bundle.pem"), filepath.Join(dir, "other.pem")
	if err := os.WriteFile(other, pemOf(certificate(t).Raw), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", other)
	if err := errors.Join(WriteCertificate(file, a.Certificate()), WriteBundle(bundle, a.Certificate())); err != nil {
		t.Fatal(err)
	}
	vars, err := shellenv.Variables(shellenv.Options{Proxy: "127.0.0.1:1", CA: file, Bundle: bundle})
	if err != nil {
		t.Fatal(err)
	}
	url := "https://" + addr + "/"
	for name, args := range map[string][]string{
		"curl":    {"curl", "-sS", "-m", "20", url},
		"git":     {"git", "ls-remote", url},
		"node":    {"node", "-e", nodeGet, url},
		"python":  {"python3", "-c", "import sys,urllib.request as u; print(u.urlopen(sys.argv[1], timeout=20).read().decode())", url},
		"openssl": {"openssl", "s_client", "-brief", "-verify_return_error", "-connect", addr},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(args[0]); err != nil {
				t.Skip("there is no " + args[0])
			}
			// Of this process's environment only what programs need to run.
			env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
				"SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
			if out, err := runClient(args, env); err == nil {
				t.Errorf("it trusts without the variables: %s", out)
			}
			for _, v := range vars {
				env = append(env, v.Name+"="+v.Value)
			}
			if out, err := runClient(args, env); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func runClient(args, env []string) (string, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = env
	cmd.WaitDelay = 30 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// serveTLS answers as a web server and as an empty git repository.
func serveTLS(t *testing.T, a *ca.Authority) string {
	t.Helper()
	cert, err := a.Leaf("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{*cert}},
		ErrorLog:  log.New(io.Discard, "", 0), // clients that do not trust are what is tested
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/info/refs" {
				w.Header().Set("Content-Type", "text/plain")
				return
			}
			_, _ = io.WriteString(w, "hello")
		}),
	}
	done := make(chan error, 1)
	go func() { done <- s.ServeTLS(l, "", "") }()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	return l.Addr().String()
}
