package main

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// quietTalk is a quietServer, and how it is reached without a proxy.
func quietTalk(t *testing.T) (*quietServer, *instance) {
	dir := t.TempDir()
	o := &origin{}
	if _, err := o.secureConfig(dir, "", 0); err != nil {
		t.Fatal(err)
	}
	q, err := startQuiet(filepath.Join(o.certs, secureHost+".pem"), filepath.Join(o.certs, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.stop)
	roots, err := readRoots(o.rootsFile)
	if err != nil {
		t.Fatal(err)
	}
	return q, &instance{contender: contender{blind: true}, addr: q.addr, roots: roots}
}

func TestQuietAnswersEndWhenTold(t *testing.T) {
	q, in := quietTalk(t)
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	c, err := reachH2(in, secureHost+":1")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	answers, err := beginAnswers(ctx, []*h2Client{c})
	if err != nil || len(answers) != quietStreams {
		t.Fatalf("%d answers began, %v", len(answers), err)
	}
	if err := c.verify(ctx, smallPath, smallSize); err != nil {
		t.Errorf("beside the open streams: %v", err)
	}
	if n := q.open.Load(); n != quietStreams {
		t.Errorf("%d of %d answers are open", n, quietStreams)
	}
	q.end()
	if err := endAnswers(answers); err != nil {
		t.Error(err)
	}
}

func TestVerifyH2FindsWrongAnswers(t *testing.T) {
	flipped := []byte(string(smallBody))
	flipped[777] ^= 1
	for name, c := range map[string]struct {
		body string
		code int
		want string // in the error; "" for none
	}{
		"right":       {string(smallBody), 200, ""},
		"a bit":       {string(flipped), 200, "wrong body"},
		"cut":         {string(smallBody[:1000]), 200, "wrong body"},
		"a byte more": {string(smallBody) + "x", 200, "does not end"},
		"a status":    {string(smallBody), 502, "502"},
	} {
		err := verifyH2(h2Talk(t, true, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.code)
			_, _ = w.Write([]byte(c.body))
		}), "example.com:1", smallPath, smallSize)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
}

// A contender that opens the tunnel and speaks HTTP/1.1 inside is not measured as if it spoke HTTP/2.
func TestVerifyH2WantsH2(t *testing.T) {
	in := h2Talk(t, false, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(smallBody) })
	if err := verifyH2(in, "example.com:1", smallPath, smallSize); err == nil {
		t.Error("HTTP/1.1 is taken")
	}
}

// h2Talk is an origin inside TLS, which speaks HTTP/1.1 alone without h2.
func h2Talk(t *testing.T, h2 bool, handler http.HandlerFunc) *instance {
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = h2
	server.StartTLS()
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	roots, err := readRoots(file)
	if err != nil {
		t.Fatal(err)
	}
	return &instance{contender: contender{blind: true}, addr: server.Listener.Addr().String(), roots: roots}
}

// The client has one connection: a contender that ends it is found out, not asked anew.
func TestH2ClientHasOneConnection(t *testing.T) {
	_, in := quietTalk(t)
	c, err := reachH2(in, secureHost+":1")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.verify(context.Background(), smallPath, smallSize); err != nil {
		t.Fatal(err)
	}
	_ = c.conn.Close()
	if err := c.verify(context.Background(), smallPath, smallSize); err == nil {
		t.Error("another connection was made")
	}
}
