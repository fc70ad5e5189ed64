package app

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posthouse/app/desktop/atomicfile"
	"posthouse/app/settings"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/rules"
)

// rulesController is a running proxy with a file of rules, and a client that goes through it.
func rulesController(t *testing.T, text string) (*Controller, *http.Client, string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "rules.toml")
	if text != "" {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := New(Options{Path: filepath.Join(dir, "settings.toml"), Addrs: []string{"127.0.0.1:0"}, Poll: 10 * time.Millisecond})
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	c.Start()
	s, err := c.Wait(t.Context(), func(s Status) bool { return s.State == Running || s.State == Failed })
	if err != nil || s.State != Running {
		t.Fatal(err, s.Err)
	}
	through := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: s.Addrs[0]}), DisableKeepAlives: true}
	t.Cleanup(through.CloseIdleConnections)
	return c, &http.Client{Transport: through}, path
}

func statusOf(t *testing.T, client *http.Client, url string) int {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// Rules are read from their file, again when it changes, and the last good ones stay with a mistake.
func TestRulesFollowTheirFile(t *testing.T) {
	c, client, path := rulesController(t, "[[rule]]\nname='one'\nwhen='host:mock.test'\nanswer.status=201\n")
	watch := c.Watch()
	defer watch.Close()
	until := func(what string, fits func() bool) {
		t.Helper()
		end := time.After(10 * time.Second)
		for !fits() {
			select {
			case <-watch.C:
			case <-end:
				t.Fatal("not so after a while: " + what)
			}
		}
	}
	if got := statusOf(t, client, "http://mock.test/"); got != 201 {
		t.Fatal(got)
	}
	write := func(text string) {
		if err := atomicfile.Write(path, []byte(text)); err != nil { // as an editor does
			t.Fatal(err)
		}
	}
	write("[[rule]]\nwhen='host:mock.test'\nanswer.status=2\n")
	until("the mistake is told", func() bool { return c.Rules().Problem() != nil })
	var bad *rules.FileError
	if !errors.As(c.Rules().Problem(), &bad) || bad.Line != 3 {
		t.Error(c.Rules().Problem())
	}
	if got := statusOf(t, client, "http://mock.test/"); got != 201 {
		t.Error("with a mistake the rules before are not in force:", got)
	}
	write("[[rule]]\nname='one'\nwhen='host:mock.test'\nanswer.status=202\n")
	until("it is mended", func() bool { return c.Rules().Problem() == nil })
	if got := statusOf(t, client, "http://mock.test/"); got != 202 {
		t.Error(got)
	}
	if n, _ := c.Rules().Set().Rules[0].Hits(); n != 3 {
		t.Error("hits", n)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	until("no rule is in force", func() bool { return !c.Rules().Changing() })
}

// One switch takes all rules out of force.
func TestRulesSwitch(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	defer origin.Close()
	c, client, _ := rulesController(t, "[[rule]]\nblock='403'\n")
	if got := statusOf(t, client, origin.URL); got != 403 {
		t.Fatal(got)
	}
	if err := c.Change(func(s *settings.Settings) { s.Rules.Enabled = false }); err != nil {
		t.Fatal(err)
	}
	if got := statusOf(t, client, origin.URL); got != 204 || c.Rules().Changing() {
		t.Error(got)
	}
	rows := c.Store().Changes(capture.Cursor{}, 10).Rows
	if len(rows) != 2 || rows[0].Effects&flow.EffectBlocked == 0 || rows[1].Effects != 0 {
		t.Errorf("%+v", rows)
	}
}

// An edit from the window is one rule's lines; one with a mistake is not written.
func TestRulesEdit(t *testing.T) {
	c, client, path := rulesController(t, "")
	block := "[[rule]]\nwhen='host:mock.test'\nanswer.status=203\n"
	if err := c.Rules().Edit(func(text []byte) ([]byte, error) { return rules.Append(text, []byte(block)) }); err != nil {
		t.Fatal(err)
	}
	if got := statusOf(t, client, "http://mock.test/"); got != 203 {
		t.Error(got)
	}
	err := c.Rules().Edit(func(text []byte) ([]byte, error) { return append(text, "[[rule]]\nblock='x'\n"...), nil })
	if err == nil {
		t.Error("a mistake was written")
	}
	text, _ := os.ReadFile(path)
	if string(text) != block || !strings.HasSuffix(fmt.Sprint(err), "and not x") {
		t.Errorf("%q %v", text, err)
	}
}
