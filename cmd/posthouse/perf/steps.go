//go:build linux

package main

import (
	"fmt"
	"time"
)

// measuring is one run, step by step; each step reports lines of the table.
type measuring struct {
	d    *desktop
	t    *traffic
	rows int // in the list for filtering, scrolling and clicks
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

// while sends requests at a rate as long as something is measured.
func (m *measuring) while(rate int, measured func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			default:
				m.t.send(rate, max(1, rate/4), 32)
			}
		}
	}()
	measured()
	close(quit)
	<-done
}

func (m *measuring) start() error {
	m.t.send(1, 1, 1)
	if err := m.d.changes(m.d.list(), func() { m.t.send(1, 1, 1) }); err != nil {
		return fmt.Errorf("no row appears in the window: %w", err)
	}
	m.d.started("start to the first row")
	report("memory, idle", "~230 MiB", "%d MiB", m.d.memory())
	return nil
}

// following measures the cost of a window that shows what comes.
func (m *measuring) following() error {
	m.d.move(600, -12)    // off the list, which would hold still
	m.t.send(50, 150, 32) // the start, and the first rows, are not what is measured here
	for _, c := range []struct {
		rate         int
		target, wait string
	}{{50, "<= 15 %", ""}, {500, "<= 40 %", "<= 5 ms"}} {
		var latency []time.Duration
		used := m.d.cpu(func() { latency = m.t.send(c.rate, 8*c.rate, 32) })
		report(fmt.Sprintf("CPU while following %d requests/s", c.rate), c.target, "%.0f %% of a core, with the proxy", used)
		report(fmt.Sprintf("proxied p95 at %d requests/s", c.rate), c.wait, "%.2f ms", ms(quantile(latency, 95)))
	}
	return nil
}

// flood is what must not make the window busy: a minute of 2,000 new rows a second.
func (m *measuring) flood() error {
	const rate, seconds = 2000, 60
	var latency []time.Duration
	var pictures float64
	used := m.d.cpu(func() {
		done := make(chan struct{})
		go func() { defer close(done); latency = m.t.send(rate, rate*seconds, 64) }()
		time.Sleep(time.Second)
		pictures = m.d.pictures(m.d.list(), 10*time.Second)
		<-done
	})
	report("CPU while 2000 requests/s come for a minute", "", "%.0f %% of a core, with the proxy", used)
	report("proxied p95 at 2000 requests/s", "", "%.2f ms", ms(quantile(latency, 95)))
	report("refreshes a second at 2000 requests/s", "<= 10", "%.1f", pictures)
	return nil
}

func (m *measuring) filling() error {
	if missing := m.rows - m.t.sent; missing > 0 {
		m.t.send(5000, missing, 64)
	}
	time.Sleep(2 * time.Second)
	report(fmt.Sprintf("memory after %d exchanges", m.t.sent), "<= 450 MiB", "%d MiB", m.d.memory())
	return nil
}

// filtering types a filter that no row passes, and waits for the empty list. A
// first time without traffic tells what that looks like.
func (m *measuring) filtering() error {
	area := m.d.list()
	m.d.key("ctrl+f")
	m.d.key("z")
	time.Sleep(2 * time.Second)
	empty := m.d.picture(area)
	m.d.key("BackSpace")
	for _, rate := range []int{500, 5000} {
		var took []time.Duration
		var failed error
		before := m.t.sent
		begun := time.Now()
		m.while(rate, func() {
			for range 8 {
				time.Sleep(time.Second)
				begun := time.Now()
				if failed = m.d.becomes(area, empty, func() { m.d.key("z") }); failed != nil {
					return
				}
				took = append(took, time.Since(begun))
				m.d.key("BackSpace")
			}
		})
		if failed != nil {
			return fmt.Errorf("the filter shows nothing at %d requests/s: %w", rate, failed)
		}
		report(fmt.Sprintf("a filter over %d rows at %d requests/s, median / worst", m.t.sent, rate), "<= 150 / 300 ms",
			"%.0f / %.0f ms (%.0f requests/s came)", ms(quantile(took, 50)), ms(quantile(took, 100)),
			float64(m.t.sent-before)/time.Since(begun).Seconds())
	}
	m.d.key("Escape")
	return nil
}

func (m *measuring) scrolling() error {
	m.d.move(600, 300)
	fps, gap := m.d.scroll(m.d.list(), wheelUp, 4*time.Second)
	report("scrolling, no traffic", ">= 55 fps", "%.0f fps, longest gap %.0f ms", fps, ms(gap))
	m.while(500, func() {
		time.Sleep(time.Second)
		fps, gap = m.d.scroll(m.d.list(), wheelUp, 4*time.Second)
	})
	report("scrolling at 500 requests/s", ">= 30 fps", "%.0f fps, longest gap %.0f ms", fps, ms(gap))
	return nil
}

func (m *measuring) clicking() error {
	clicks, right := m.d.clicks(10)
	report(fmt.Sprintf("click to the screen, median / worst of %d", len(clicks)), "<= 80 / 150 ms", "%.0f / %.0f ms",
		ms(quantile(clicks, 50)), ms(quantile(clicks, 100)))
	m.while(500, func() { clicks, right = m.d.clicks(20) })
	report(fmt.Sprintf("the same at 500 requests/s, of %d", len(clicks)), "<= 80 / 150 ms", "%.0f / %.0f ms", ms(quantile(clicks, 50)),
		ms(quantile(clicks, 100)))
	report("clicks at 500 requests/s that hit the wrong row", "0", "%d of 20", 20-right)
	return nil
}
