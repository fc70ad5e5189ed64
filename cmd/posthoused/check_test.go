package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"posthouse/app/clients/clientcheck"
	"posthouse/proxy/reason"
)

func TestCheckFlags(t *testing.T) {
	for args, want := range map[string]string{
		"-only curl,lynx": `"lynx" is no client`,
		"-frob":           "frob",
		"more":            `"more" is not expected`,
	} {
		if _, err := parseCheck(strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
	c, err := parseCheck([]string{"-json", "-only", "curl, firefox"}, io.Discard)
	if err != nil || !c.json || !slices.Equal(c.only, []string{"curl", "firefox"}) {
		t.Errorf("%+v, %v", c, err)
	}
	var said bytes.Buffer
	if code := runCheck([]string{"-h"}, io.Discard, &said); code != exitOK ||
		!strings.Contains(said.String(), "Nothing") && !strings.Contains(said.String(), "nothing leaves") {
		t.Errorf("%d: %s", code, said.String())
	}
	all := []clientcheck.Result{{ID: "curl", Kind: clientcheck.Curl}, {ID: "firefox:/a", Kind: clientcheck.Firefox},
		{ID: "firefox:/b", Kind: clientcheck.Firefox}}
	if got := chosen(all, []string{"firefox"}); !slices.Equal(got, []string{"firefox:/a", "firefox:/b"}) {
		t.Errorf("chosen %q", got)
	}
	if chosen(all, nil) != nil {
		t.Error("all are none")
	}
}

// Results are written in the order of the rows, whichever comes first.
func TestCheckIsPrintedInOrder(t *testing.T) {
	var out bytes.Buffer
	p := checkPrinter{order: []string{"a", "b", "c"}, done: map[string]clientcheck.Result{}, write: writeCheckJSON, to: &out, good: true}
	for _, r := range []clientcheck.Result{
		{ID: "c", Kind: clientcheck.Go, State: clientcheck.Missing},
		{ID: "b", Kind: clientcheck.Git, State: clientcheck.Trying},
		{ID: "a", Kind: clientcheck.Curl, State: clientcheck.Trusted, Route: clientcheck.RouteThrough, Took: 12 * time.Millisecond},
		{ID: "b", Kind: clientcheck.Git, State: clientcheck.Untrusted, Seen: reason.SeenClosed.With(),
			Remedies: []clientcheck.Remedy{{For: clientcheck.ForTrust, Means: clientcheck.Run, Command: "git <x>"}}},
	} {
		p.take(r)
	}
	want := `{"client":"curl","certificate":"trusted","route":"posthouse","ms":12}
{"client":"git","certificate":"not-trusted","seen":"closed","route":"unknown","ms":0,` +
		`"remedies":[{"for":"certificate","means":"run","command":"git <x>"}]}
{"client":"go","certificate":"not-found","route":"unknown","ms":0}
`
	if out.String() != want {
		t.Errorf("wrote\n%s", out.String())
	}
	if p.good || p.tried != 2 {
		t.Errorf("good %v, tried %d", p.good, p.tried)
	}
}

// Every state, reason, route and means has words.
func TestCheckHasWords(t *testing.T) {
	for s := clientcheck.Trusted; s <= clientcheck.Missing; s++ {
		if checkStates[s] == "" {
			t.Errorf("no words for %s", s)
		}
	}
	for r := clientcheck.ReasonTimeout; r <= clientcheck.ReasonRevoke; r++ {
		if checkReasons[r] == "" {
			t.Errorf("no words for %s", r)
		}
	}
	for _, m := range []clientcheck.Means{clientcheck.InstallSystem, clientcheck.InstallNSS, clientcheck.InstallJava, clientcheck.Run,
		clientcheck.SetVariable, clientcheck.AddLine, clientcheck.FirefoxRoots, clientcheck.FirefoxProxy, clientcheck.SystemProxy,
		clientcheck.InCode} {
		if checkMeans[m] == "" {
			t.Errorf("no words for %s", m)
		}
	}
	var out bytes.Buffer
	writeCheck(&out, &clientcheck.Result{Kind: clientcheck.Node, Version: "20.1", Path: "/usr/bin/node", State: clientcheck.Untrusted,
		Seen: reason.SeenClosed.With(), Said: "no", Route: clientcheck.RouteOther, Via: "h:1",
		Remedies: []clientcheck.Remedy{{For: clientcheck.ForTrust, Means: clientcheck.SetVariable, Command: "a\nb"},
			{For: clientcheck.ForRoute, Means: clientcheck.SystemProxy}}})
	for _, want := range []string{"Node.js 20.1", "NOT TRUSTED; uses another proxy as it is set up (h:1)", "the proxy saw: closed",
		"it said: no", "\n        a\n        b\n", "switch on System proxy"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
