package clients

import (
	"bufio"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const page = `<!doctype html><title>page</title><link rel="stylesheet" href="/style.css"><img src="/picture.svg">
<script src="/script.js"></script><body>hello</body>`

// script opens a WebSocket and an event stream, and tells the origin what came.
const script = `
const ws = new Promise((done) => {
  const s = new WebSocket((location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + '/ws');
  s.onopen = () => s.send('ping');
  s.onmessage = (m) => { done(m.data); s.close(); };
  s.onerror = () => done('error');
});
const sse = new Promise((done) => {
  const e = new EventSource('/events'), all = [];
  e.onmessage = (m) => { all.push(m.data); if (all.length == 3) { e.close(); done(all.join('')); } };
  e.onerror = () => done('error');
});
const post = fetch('/echo', { method: 'POST', body: 'x'.repeat(100000) }).then((r) => r.text()).then((t) => t.length);
const loaded = new Promise((done) => addEventListener('load', () => done(document.images[0].naturalWidth)));
Promise.all([ws, sse, post, loaded]).then((all) => fetch('/done?' + all.join(',')));
`

// webSocket greets one client by hand (RFC 6455): it takes one masked text frame
// and sends its text back.
func webSocket(w http.ResponseWriter, r *http.Request) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	text, err := readFrame(rw.Reader)
	if err != nil {
		return
	}
	_, _ = conn.Write(append([]byte{0x81, byte(len(text))}, text...))
	_, _ = readFrame(rw.Reader) // the close
}

func readFrame(r *bufio.Reader) ([]byte, error) {
	var head [6]byte // two bytes and the mask; texts here are short
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	text := make([]byte, head[1]&0x7f)
	_, err := io.ReadFull(r, text)
	for i := range text {
		text[i] ^= head[2+i%4]
	}
	return text, err
}

// pageSite serves the page, and tells done what its script saw.
func pageSite(done chan<- string) http.Handler {
	mux := http.NewServeMux()
	typed := func(kind, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, text)
		}
	}
	mux.HandleFunc("/", typed("text/html", page))
	mux.HandleFunc("/style.css", typed("text/css", "body { color: red }"))
	mux.HandleFunc("/script.js", typed("text/javascript", script))
	mux.HandleFunc("/picture.svg", typed("image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"/>`))
	mux.HandleFunc("/ws", webSocket)
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body) // the server cannot read on once it has answered
		_, _ = w.Write(text)
	})
	mux.HandleFunc("/done", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case done <- r.URL.RawQuery:
		default:
		}
	})
	return mux
}

// browse has Chromium load the page through the proxy until its script is done.
func browse(t *testing.T, d *daemon, url string, done <-chan string, flags ...string) {
	t.Helper()
	browser := program(t, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
	ctx, cancel := context.WithTimeout(context.Background(), 2*deadline)
	defer cancel()
	profile, err := os.MkdirTemp("", "posthouse-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(profile) })
	cmd := exec.CommandContext(ctx, browser,
		append(flags, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--user-data-dir="+profile,
			"--proxy-server="+d.url(), "--proxy-bypass-list=<-loopback>;*.com;*.net;*.org",
			// What the browser asks for by itself must leave neither the proxy nor this machine.
			"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-port=0", url+"/page")...)
	cmd.Env = append(os.Environ(), "HOME="+profile)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop := func() {
		cancel()
		<-ended
	}
	select {
	case got := <-done:
		stop()
		if got != "ping,012,100000,30" {
			t.Errorf("the page saw %q", got)
		}
	case err := <-ended:
		t.Fatalf("%s ended: %v\n%s", browser, err, said.String())
	case <-time.After(deadline):
		stop()
		t.Fatalf("the page did not finish\n%s", said.String())
	}
}

// only fails for events of other hosts than the origin.
func (d *daemon) only(host string) {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		if e.Host != host {
			d.t.Errorf("the browser asked for %s", e.Host)
		}
	}
}

func TestChromium(t *testing.T) {
	done := make(chan string, 1)
	o := httptest.NewServer(pageSite(done))
	t.Cleanup(o.CloseClientConnections)
	d := start(t)
	browse(t, d, o.URL, done)
	for _, path := range []string{"/page", "/style.css", "/script.js", "/picture.svg"} {
		d.get("GET", path)
	}
	d.event("the upload", func(e event) bool { return e.Path == "/echo" && e.Sent == 100000 && e.Received == 100000 })
	// A browser opens even a plain WebSocket through a tunnel.
	d.event("the WebSocket", func(e event) bool { return e.Kind == "tunnel" && e.Host == o.Listener.Addr().String() })
	d.event("the event stream", func(e event) bool { return e.Path == "/events" })
	d.only(o.Listener.Addr().String())
}

// The browser trusts the CA alone, by the hash of its key, as it does one from its store.
func TestChromiumDecrypted(t *testing.T) {
	done := make(chan string, 1)
	o, roots := secureSite(t, true, pageSite(done))
	t.Cleanup(o.CloseClientConnections)
	d, ca := decrypting(t, roots)
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(root.RawSubjectPublicKeyInfo)
	browse(t, d, o.URL, done, "--ignore-certificate-errors-spki-list="+base64.StdEncoding.EncodeToString(sum[:]))
	for _, path := range []string{"/page", "/style.css", "/script.js", "/picture.svg"} {
		if e := d.inside("GET", path); e.Proto != "HTTP/2.0" {
			t.Errorf("event %+v", e)
		}
	}
	d.event("the upload", func(e event) bool { return e.Path == "/echo" && e.Sent == 100000 && e.Received == 100000 })
	d.event("the WebSocket", func(e event) bool { return e.Kind == "upgraded" && e.Path == "/ws" && e.TLS.Padlock == "decrypted" })
	d.event("the event stream", func(e event) bool { return e.Path == "/events" })
	d.only(o.Listener.Addr().String())
}
