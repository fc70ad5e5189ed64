package proxy_test

import (
	"net/netip"
	"sync"
	"testing"

	"posthouse/proxy"
	"posthouse/proxy/capture"
	"posthouse/proxy/flow"
	"posthouse/proxy/process"
	"posthouse/proxy/proxytest"
)

// processes notes who was asked about, and answers when the test does.
type processes struct {
	mu    sync.Mutex
	asked [][2]netip.AddrPort
	found []*capture.ClientProcess
}

func (a *processes) Find(client, own netip.AddrPort) *capture.ClientProcess {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, [2]netip.AddrPort{client, own})
	a.found = append(a.found, new(capture.ClientProcess))
	return a.found[len(a.found)-1]
}

// A connection is asked about once; its exchanges pass whether or not the
// answer comes, and have it when it does.
func TestWhoAsksIsLookedUpOnce(t *testing.T) {
	var a processes
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Processes: &a}})
	origin, client := p.Origin(), p.Client()
	var at *proxytest.Conn
	exchange := func() {
		client.Send("GET http://{origin}/ HTTP/1.1\r\nHost: {origin}\r\n\r\n")
		if at == nil {
			at = origin.Accept()
		}
		at.ExpectHead()
		at.Send(ok2)
		client.Expect(ok2)
	}
	exchange()
	exchange()
	a.mu.Lock()
	if len(a.asked) != 1 || a.asked[0][0].String() != client.Net.LocalAddr().String() || a.asked[0][1].String() != p.Addr() {
		t.Fatalf("asked about %v", a.asked)
	}
	first := a.found[0]
	a.mu.Unlock()
	first.Set(flow.App{Name: "curl", PID: 5})
	exchange()
	for id := range flow.ID(3) {
		if row := p.Finished(id + 1); row.App != "curl" || row.AppPID != 5 || row.Status != 200 {
			t.Errorf("row %+v", row)
		}
	}
}

func TestNobodyIsLookedUpWhileNothingIsRecorded(t *testing.T) {
	var a processes
	p := proxytest.StartWith(t, proxytest.Options{Config: proxy.Config{Processes: &a}, Capture: capture.Options{RecordingOff: true}})
	client := p.Client()
	client.Send("GET /x HTTP/1.1\r\nHost: {proxy}\r\n\r\n")
	client.ExpectHead()
	if len(a.asked) > 0 {
		t.Errorf("asked about %v", a.asked)
	}
}

// Looking up who asks costs an exchange nothing: the same time, no allocation more.
func BenchmarkExchangeWithAskers(b *testing.B) {
	for _, on := range []bool{false, true} {
		name := "there is no look-up"
		var config proxy.Config
		if on {
			name = "looked up"
			f := process.New()
			defer f.Close()
			config.Processes = f
		}
		b.Run(name, func(b *testing.B) {
			e := newExchanger(b, proxytest.Options{Config: config})
			for range 1000 {
				e.exchange(b)
			}
			b.ReportAllocs()
			for b.Loop() {
				e.exchange(b)
			}
		})
	}
}

func TestExchangesWithAskersAllocateNoMore(t *testing.T) {
	f := process.New()
	t.Cleanup(f.Close)
	e := newExchanger(t, proxytest.Options{Config: proxy.Config{Processes: f}})
	for range 2000 {
		e.exchange(t)
	}
	e.p.Row(func(r flow.Row) bool { return r.App != "" || !r.Phase.Final() })
	if n := testing.AllocsPerRun(2000, func() { e.exchange(t) }); n > 1 && !raceDetector {
		t.Errorf("%v allocations per exchange, want at most 1", n)
	}
}
