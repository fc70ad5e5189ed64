//go:build linux

package main

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"time"

	"posthouse/proxy/capture"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
)

// The window over a large history: what is listed, filtered, scrolled and opened lies on the disk.

const historyBudget = 8 << 30

// bodyItems has a million exchanges be more than 1 GiB of raw text.
const bodyItems = 28

func (d *desktop) historyFolder() string { return filepath.Join(d.dir, "history") }

// writeHistory makes a history of so many exchanges, as a run before would have left it.
func (d *desktop) writeHistory(rows int) error {
	begun := time.Now()
	disk, err := history.Open(history.Options{Folder: d.historyFolder(), Budget: historyBudget})
	if err != nil {
		return err
	}
	store := capture.New(capture.Options{})
	disk.Follow(store)
	first := time.Now().Add(-time.Duration(rows) * 10 * time.Millisecond)
	for i := range rows {
		record(store, i, first.Add(time.Duration(i)*10*time.Millisecond))
		for i%512 == 0 && disk.Stats().Lag > 0.1 {
			time.Sleep(time.Millisecond)
		}
	}
	s := disk.Stats()
	for ; s.Rows < uint64(rows) && s.NotOnDisk.Late == 0 || s.Filtering; s = disk.Stats() { // as after a quiet while
		time.Sleep(10 * time.Millisecond)
	}
	if err := disk.Close(); err != nil {
		return err
	}
	s = disk.Stats()
	if s.Rows != uint64(rows) {
		return fmt.Errorf("%d of %d exchanges are in the history: %+v", s.Rows, rows, s.NotOnDisk)
	}
	report(fmt.Sprintf("a history of %d exchanges", rows), "", "%d MiB, written in %.0f s", s.Bytes>>20, time.Since(begun).Seconds())
	return nil
}

// record has a store record the exchange of a number.
func record(store *capture.Store, n int, at time.Time) {
	host := []string{"api.example.test", "www.example.test", "cdn.example.test", "login.example.test"}[n%4]
	path := fmt.Sprintf("/v1/users?page=%d", n)
	head := "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: perf/1.0\r\nAccept: application/json\r\n\r\n"
	span := func(part string) capture.Span {
		return capture.Span{Off: uint32(strings.Index(head, part)), Len: uint32(len(part))}
	}
	status := []int{200, 200, 404, 201, 500}[n%5]
	body := strings.Repeat(fmt.Sprintf(`{"number":%d,"name":"%x"},`, n, n*2654435761), bodyItems)
	r := store.Begin(&capture.Begin{Kind: flow.KindHTTP, Start: at, Head: []byte(head), Method: span("GET"), Host: span(host),
		Path: span(path), Proto: span("HTTP/1.1"), Scheme: "http"})
	r.Sent(at)
	answer := fmt.Sprintf("HTTP/1.1 %d Status\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", status, len(body))
	r.ResponseHead(status, []byte(answer), capture.Span{}, at)
	r.ResponseBody([]byte(body))
	r.Finish(flow.FailureNone, flow.Reason{}, status, at.Add(time.Duration(n%90)*time.Millisecond))
}

// large measures the window over the history that it starts with.
func (m *measuring) large() error {
	m.d.started("start to the first row of the history")
	for busy := true; busy && time.Since(m.d.launched) < 2*time.Minute; {
		busy = m.d.cpu(func() { time.Sleep(time.Second) }) > 10
	}
	report("until all is listed", "", "%.0f s at most", time.Since(m.d.launched).Seconds())
	report(fmt.Sprintf("memory with %d exchanges listed", m.rows), "<= 450 MiB", "%d MiB", m.d.memory())
	return nil
}

// filteringHosts types a filter of hosts that no row passes, and waits for the empty list.
func (m *measuring) filteringHosts() error {
	m.d.key("ctrl+f")
	m.d.text("host:q")
	time.Sleep(3 * time.Second)
	empty := m.d.picture(m.d.list())
	m.d.key("BackSpace")
	var took []time.Duration
	for range 8 {
		time.Sleep(2 * time.Second)
		begun := time.Now()
		if err := m.d.becomes(m.d.list(), empty, func() { m.d.key("q") }); err != nil {
			return fmt.Errorf("the filter shows nothing: %w", err)
		}
		took = append(took, time.Since(begun))
		m.d.key("BackSpace")
	}
	report(fmt.Sprintf("host:q over %d rows, median / worst", m.rows), "<= 500 ms", "%.0f / %.0f ms", ms(quantile(took, 50)),
		ms(quantile(took, 100)))
	m.d.key("Escape")
	time.Sleep(2 * time.Second)
	return nil
}

// opening clicks on rows that are on the disk alone, each a long way from the one before.
func (m *measuring) opening() error {
	m.d.move(600, 300)
	fps, gap := m.d.scroll(m.d.list(), wheelUp, 4*time.Second)
	report("scrolling through the history", ">= 55 fps", "%.0f fps, longest gap %.0f ms", fps, ms(gap))
	var clicks []time.Duration
	for range 12 {
		_, _ = m.d.do("xdotool", "click", "--repeat", "300", "--delay", "2", "4")
		time.Sleep(time.Second)
		one, _ := m.d.clicks(1)
		clicks = append(clicks, one...)
	}
	report(fmt.Sprintf("click to details from the disk, of %d", len(clicks)), "<= 100 ms", "%.0f / %.0f ms", ms(quantile(clicks, 50)),
		ms(quantile(clicks, 100)))
	report("memory at the end", "<= 450 MiB", "%d MiB", m.d.memory())
	return nil
}

// eventually waits for something to come about, and reports whether it does.
func eventually(holds func() bool) bool {
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

// searchingCPU is what a search takes of a core at least, in percent, where other programs leave it that.
const searchingCPU = 40

// searching searches all contents for what no filter rules out and some exchanges have, and turns the
// wheel over what was found meanwhile.
func (m *measuring) searching() error {
	area := image.Rect(m.d.x+m.d.w/2-400, m.d.y+m.d.h/2-100, m.d.x+m.d.w/2+400, m.d.y+m.d.h/2+200).Intersect(image.Rect(0, 0, 1280, 900))
	page := func() bool { return m.d.inked(area) >= area.Dy()/2 }
	m.d.key("ctrl+shift+f")
	if !eventually(func() bool { return !page() }) {
		return fmt.Errorf("the room to search in does not open")
	}
	time.Sleep(time.Second)
	_, _ = m.d.do("xdotool", "type", "--delay", "5", `body:/7\d7\d7/`)
	begun, before := time.Now(), m.d.ticks()
	if !eventually(page) {
		return fmt.Errorf("the search finds nothing")
	}
	report("from the search to a page of what it finds", "", "%d ms, %d ms of CPU", time.Since(begun).Milliseconds(),
		1000*(m.d.ticks()-before)/ticksPerSecond)
	m.d.move(m.d.w/2, m.d.h/2)
	fps, gap := m.d.scroll(area, wheelDown, 2*time.Second)
	time.Sleep(400 * time.Millisecond) // after which the search is not gentle any more
	if m.d.cpu(func() { time.Sleep(300 * time.Millisecond) }) < searchingCPU {
		return fmt.Errorf("the search has ended before frames were counted")
	}
	report("scrolling while all contents are searched", ">= 30 fps", "%.0f fps, longest gap %.0f ms", fps, ms(gap))
	for busy := true; busy && time.Since(begun) < 2*time.Minute; {
		busy = m.d.cpu(func() { time.Sleep(500 * time.Millisecond) }) > searchingCPU
	}
	report(fmt.Sprintf("the search over %d exchanges", m.rows), "", "%.0f s", time.Since(begun).Seconds())
	m.d.key("Escape")
	time.Sleep(time.Second)
	return nil
}

// withHistory is what the settings say of it.
func (d *desktop) withHistory() string {
	if _, err := os.Stat(d.historyFolder()); err != nil {
		return ""
	}
	return fmt.Sprintf("[history]\nkeep = \"30d\"\nbudget = \"8GiB\"\nfolder = %q\n", d.historyFolder())
}
