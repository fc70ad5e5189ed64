package systemproxy

import (
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"posthouse/app"
	"posthouse/proxy/proxytest/eventually"
)

// answers asks the proxy at addr for its own page.
func answers(addr string) error {
	transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: addr}), DisableKeepAlives: true}
	client := http.Client{Transport: transport, Timeout: 10 * time.Second}
	r, err := client.Get("http://posthouse/")
	if err != nil {
		return err
	}
	return r.Body.Close()
}

// While programs are still pointed at the proxy it serves: the settings are put
// back before the port closes, on a stop and on a change of the port.
func TestThePortClosesAfterTheSettingsAreBack(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	var errs []error
	fake := &fakeManager{putBack: func(addr string) {
		err := answers(addr)
		mu.Lock()
		defer mu.Unlock()
		asked, errs = append(asked, addr), append(errs, err)
	}}
	b := newBench(t, fake)
	check := func(what, addr string) {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if len(asked) != 1 || asked[0] != addr || errs[0] != nil {
			t.Errorf("%s: asked at %v, want %s; %v", what, asked, addr, errs)
		}
		asked, errs = nil, nil
	}
	b.Set(true)
	b.until(On)
	first := b.c.Status().Addrs[0]

	s := b.c.Settings()
	s.Proxy.Port = freePort(t)
	if err := b.c.Apply(s); err != nil {
		t.Fatal(err)
	}
	second := b.c.Status().Addrs[0]
	eventually.Holds(b.t, "the system points at the new port", func() bool { return b.fake.State().Addr == second })
	check("another port", first)
	eventually.Holds(b.t, "the old port is closed", func() bool { return answers(first) != nil })

	b.c.Stop()
	b.stopped()
	check("stop", second)
	if err := answers(second); err == nil {
		t.Error("a stopped proxy answers")
	}
}

// A wish for the old port right after another one is not refused because it is
// still being closed.
func TestThereAndBack(t *testing.T) {
	b := newBench(t, &fakeManager{})
	b.Set(true)
	b.until(On)
	ports := []int{freePort(t), freePort(t)}
	for i := range 20 {
		s := b.c.Settings()
		s.Proxy.Port = ports[i%2]
		if err := b.c.Apply(s); err != nil {
			t.Fatal(i, err)
		}
	}
	last := b.c.Status().Addrs[0]
	eventually.Holds(b.t, "the system points at the last one", func() bool { return b.fake.State().Addr == last })
	if err := answers(last); err != nil {
		t.Error(err)
	}
}

// A switch whose goroutine hangs in the system's settings does not keep the proxy
// from stopping for long, and one that has ended not at all.
func TestAStopDoesNotWaitForAnEndedSwitch(t *testing.T) {
	b := newBench(t, &fakeManager{})
	b.Set(true)
	b.until(On)
	b.Close()
	begin := time.Now()
	b.c.Stop()
	b.stopped()
	if d := time.Since(begin); d >= settleLimit {
		t.Errorf("it took %v", d)
	}
}

func (b *bench) stopped() {
	b.t.Helper()
	eventually.Holds(b.t, "the proxy is stopped", func() bool { return b.c.Status().State == app.Stopped })
}

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}
