package systemproxy

import (
	"net"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"posthouse/app/desktop/sysproxy"
	"posthouse/proxy/proxytest/eventually"
)

func TestWhatWasInForceBefore(t *testing.T) {
	dead := "127.0.0.1:" + strconv.Itoa(freePort(t))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	alive := ln.Addr().String()
	none := sysproxy.Summary{Backend: "kde"}
	manual := func(http, https, socks string, bypass ...string) sysproxy.Summary {
		return sysproxy.Summary{Mode: sysproxy.ModeManual, HTTP: http, HTTPS: https, SOCKS: socks, Bypass: bypass}
	}
	login := func(s sysproxy.Summary) sysproxy.Summary {
		s.Login = url.UserPassword("jo@corp", "a:b/")
		return s
	}
	for name, c := range map[string]struct {
		all  []sysproxy.Summary
		want PreviousProxy
	}{
		"nothing":  {nil, PreviousProxy{}},
		"no proxy": {[]sysproxy.Summary{none}, PreviousProxy{}},
		"a script": {[]sysproxy.Summary{none, {Mode: sysproxy.ModePAC, PAC: "http://pac.corp/x.pac"}},
			PreviousProxy{Script: "http://pac.corp/x.pac"}},
		"automatic": {[]sysproxy.Summary{{Mode: sysproxy.ModeAuto}}, PreviousProxy{Automatic: true}},
		"manual": {[]sysproxy.Summary{manual("proxy.corp:3128", "", "", "*.corp", "10.0.0.0/8", "")},
			PreviousProxy{Upstream: "http://proxy.corp:3128", Bypass: []string{"*.corp", "10.0.0.0/8"}}},
		"a login": {[]sysproxy.Summary{login(manual("p.corp:1", "p.corp:1", ""))},
			PreviousProxy{Upstream: "http://jo%40corp:a%3Ab%2F@p.corp:1"}},
		"another's":    {[]sysproxy.Summary{login(manual("", "p.corp:1", ""))}, PreviousProxy{Upstream: "http://p.corp:1"}},
		"https alone":  {[]sysproxy.Summary{manual(":0", "proxy.corp:3128", "")}, PreviousProxy{Upstream: "http://proxy.corp:3128"}},
		"socks alone":  {[]sysproxy.Summary{manual("", "", "[::1]:1")}, PreviousProxy{Upstream: "socks5://[::1]:1", Dead: true}},
		"dead":         {[]sysproxy.Summary{manual(dead, "", "")}, PreviousProxy{Upstream: "http://" + dead, Dead: true}},
		"alive":        {[]sysproxy.Summary{manual(alive, dead, "")}, PreviousProxy{Upstream: "http://" + alive}},
		"absurd":       {[]sysproxy.Summary{manual("a b\n:80", "x", ":", "\x00", "a b")}, PreviousProxy{}},
		"absurd, then": {[]sysproxy.Summary{manual("", "", ""), manual("p:1", "", "")}, PreviousProxy{Upstream: "http://p:1"}},
		"strange lists": {[]sysproxy.Summary{manual("p:1", "", "", "1.2.3.4/99", "ok.test")},
			PreviousProxy{Upstream: "http://p:1", Bypass: []string{"ok.test"}}},
	} {
		if got := previousOf(c.all); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// That there is nothing to set is known before anybody asks.
func TestUnavailableIsLearntAtTheStart(t *testing.T) {
	b := newBench(t, &fakeManager{fail: sysproxy.ErrNoBackend, seen: true})
	b.until(Unavailable)
	if s := b.Status(); s.Err != nil || s.Set {
		t.Errorf("%+v", s)
	}
}

func TestWhatWasThereIsKnownAtTheStartAndWhenItIsSet(t *testing.T) {
	b := newBench(t, &fakeManager{before: []sysproxy.Summary{{Mode: sysproxy.ModePAC, PAC: "http://a/"}}})
	eventually.Holds(b.t, "the script is known", func() bool { return b.Status().Previous.Script == "http://a/" })
	// only the switch's goroutine reads it now, when it is asked
	b.fake.before = []sysproxy.Summary{{Mode: sysproxy.ModeManual, HTTP: "p.corp:1"}}
	b.Set(true)
	b.until(On)
	if got := b.Status().Previous; got.Upstream != "http://p.corp:1" || got.Script != "" {
		t.Errorf("%+v", got)
	}
}

// The system is looked at once: when the window is there, or before the first change.
func TestTheSystemIsLookedAtLater(t *testing.T) {
	before := []sysproxy.Summary{{Mode: sysproxy.ModePAC, PAC: "http://pac.corp/x.pac"}}
	b := newBench(t, &fakeManager{before: before, begin: make(chan struct{})})
	looked := func() []sysproxy.Phase {
		b.fake.mu.Lock()
		defer b.fake.mu.Unlock()
		return slices.Clone(b.fake.looked)
	}
	b.settle() // it runs
	if all := looked(); len(all) != 0 {
		t.Errorf("it was looked at before: %q", all)
	}
	b.Set(true)
	b.until(On)
	close(b.fake.begin)
	b.Set(false)
	b.until(Off)
	if all := looked(); !slices.Equal(all, []sysproxy.Phase{sysproxy.Off}) {
		t.Errorf("it was looked at while it was %q", all)
	}
	later := newBench(t, &fakeManager{before: before, begin: make(chan struct{})})
	close(later.fake.begin)
	eventually.Holds(t, "it is looked at", func() bool { return later.Status().Previous.Script != "" })
}
