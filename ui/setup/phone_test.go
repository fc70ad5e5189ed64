package setup

import (
	"context"
	"fmt"
	"image"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
	"github.com/boombuler/barcode/qr"

	"posthouse/app"
	"posthouse/app/lan"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// In these tests 127.0.0.20 is this computer's address in the network, and
// 127.0.0.7 another device.

type phoneBench struct {
	*phone
	t          *testing.T
	controller *app.Controller
	queue      chan func()
	copied     string
}

func openBench(t *testing.T, s settings.Settings, addresses ...string) *phoneBench {
	t.Helper()
	test.NewTempApp(t)
	i18n.Set("en")
	win := test.NewTempWindow(t, nil)
	b := &phoneBench{t: t, controller: app.New(app.Options{Settings: &s}), queue: make(chan func(), 64)}
	ctx, cancel := context.WithCancel(context.Background())
	var jobs sync.WaitGroup
	deps := Deps{Window: win, Controller: b.controller, Context: ctx,
		Work: func(slow func() func()) {
			jobs.Go(func() { b.queue <- slow() })
		},
		Copy:    func(text string) { b.copied = text },
		Open:    func(d dialog.Dialog) { d.Show() },
		Problem: func(err error) (string, int) { return problem(err) }}
	b.phone = openPhone(deps, PhoneOptions{Addresses: func() (all []lan.Address, err error) {
		for _, text := range addresses {
			addr := netip.MustParseAddr(text)
			network, _ := addr.Prefix(30)
			all = append(all, lan.Address{Addr: addr, Network: network, Interface: "net" + text[len(text)-1:]})
		}
		return all, nil
	}})
	t.Cleanup(func() {
		b.dialog.Hide()
		cancel()
		ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
		defer stop()
		if err := b.controller.Close(ctx); err != nil {
			t.Error(err)
		}
		jobs.Wait()
	})
	return b
}

func problem(err error) (string, int) {
	if bind, ok := err.(*app.BindError); ok {
		return err.Error(), bind.Suggest
	}
	return err.Error(), 0
}

// until runs what waits for the UI goroutine until something is so.
func (b *phoneBench) until(what string, so func() bool) {
	b.t.Helper()
	late := time.After(10 * time.Second)
	for b.refresh(); !so(); b.refresh() {
		select {
		case f := <-b.queue:
			f()
		case <-time.After(10 * time.Millisecond):
		case <-late:
			b.t.Fatalf("waited in vain until %s", what)
		}
	}
}

func (b *phoneBench) lan() settings.LAN { return b.controller.Settings().LAN }

func anyPort() settings.Settings {
	s := settings.Default()
	s.Proxy.Port = 0
	return s
}

// reach asks for the page as another device would.
func reach(addr string) error {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 7)}, Timeout: 10 * time.Second}
	conn, err := dialer.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", addr); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1))
	return err
}

// The way a person goes: open, the device tries, allow it, it is in; close.
func TestAPhoneIsConnected(t *testing.T) {
	b := openBench(t, anyPort(), "127.0.0.20", "127.0.0.24")
	if b.open.Checked || b.lan().Enabled || !b.code.raster.Hidden || b.codeOff.Text != i18n.T("phone.code.closed") {
		t.Fatalf("at first it says %q", b.codeOff.Text)
	}
	test.Tap(b.open)
	if !b.lan().Enabled || b.lan().Listen[0] != "127.0.0.20" || len(b.lan().Allow) != 0 {
		t.Fatalf("opened: %+v", b.lan())
	}
	b.until("it says that the proxy is off", func() bool { return b.codeOff.Text == i18n.T("phone.code.stopped") && b.start.Visible() })
	test.Tap(b.start)
	b.until("the code is there", func() bool { return b.code.raster.Visible() && !b.start.Visible() })
	addr := b.controller.Status().LAN[0]
	test.Tap(b.copyURL)
	if want := "http://" + addr + "/"; b.code.text != want || b.url.Text != want || b.copied != want {
		t.Errorf("the code is of %q, below it stands %q, copied %q; the page is %q", b.code.text, b.url.Text, b.copied, want)
	}
	_, port, _ := net.SplitHostPort(addr)
	if text := b.steps.systems[0].lines[0].Text; !strings.Contains(text, "127.0.0.20") || !strings.Contains(text, port) {
		t.Errorf("the first step is %q", text)
	}
	if reach(addr) == nil {
		t.Error("a device gets in that is not allowed")
	}
	row := b.devices.rows[0]
	b.until("the device is said to have tried", func() bool {
		return row.object.Visible() && strings.Contains(row.text.Text, "127.0.0.7 reached us just now, but")
	})
	test.Tap(row.allow)
	if got := b.lan().Allow; len(got) != 1 || got[0] != "127.0.0.7" || b.allow.Text != "127.0.0.7" {
		t.Errorf("allowed are %v; the entry says %q", got, b.allow.Text)
	}
	b.until("it may come in", func() bool { return !row.allow.Visible() && strings.Contains(row.text.Text, "may come in now") })
	if err := reach(addr); err != nil {
		t.Errorf("the device does not get in: %v", err)
	}
	b.until("it is said to be in", func() bool { return strings.Contains(row.text.Text, "1 request") })
	b.open.SetChecked(false)
	if b.lan().Enabled || len(b.controller.Status().LAN) != 0 || reach(addr) == nil {
		t.Errorf("closed: %+v, it listens on %v", b.lan(), b.controller.Status().LAN)
	}
	b.until("there is no code", func() bool { return !b.code.raster.Visible() })
}

func TestTheListOfDevicesIsEdited(t *testing.T) {
	b := openBench(t, anyPort(), "127.0.0.21")
	test.Tap(b.network)
	if got := b.lan().Allow; len(got) != 1 || got[0] != "127.0.0.20/30" || b.network.Visible() {
		t.Errorf("allowed are %v", got)
	}
	b.allow.SetText("10.0.0.1，10.1.0.0/16; ::1")
	b.refresh() // what is being written stays
	b.allow.OnSubmitted("")
	if got := strings.Join(b.lan().Allow, " "); got != "10.0.0.1 10.1.0.0/16 ::1" || b.allow.Text != "10.0.0.1, 10.1.0.0/16, ::1" {
		t.Errorf("allowed are %q; the entry says %q", got, b.allow.Text)
	}
	b.allow.SetText("phone")
	b.allow.OnSubmitted("")
	if b.badRow.Hidden || !strings.Contains(b.bad.Text, "phone") || len(b.lan().Allow) != 3 || b.allow.Text != "phone" {
		t.Errorf("it says %q, the entry %q", b.bad.Text, b.allow.Text)
	}
}

// What cannot be listened on is said, with a port that can.
func TestAnAddressThatCannotBeOpened(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.20:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	s := anyPort()
	s.Proxy.Port = taken.Addr().(*net.TCPAddr).Port
	b := openBench(t, s, "127.0.0.20")
	b.controller.Start()
	b.until("the proxy runs", func() bool { return b.controller.Status().State == app.Running })
	test.Tap(b.open)
	if b.badRow.Hidden || b.open.Checked || b.lan().Enabled || !b.remedy.Visible() {
		t.Fatalf("it says %q", b.bad.Text)
	}
	for range 20 { // a port that is free there may be taken on loopback
		if b.remedy.Visible() && !b.badRow.Hidden {
			test.Tap(b.remedy)
		}
	}
	if !b.badRow.Hidden || !b.open.Checked || len(b.controller.Status().LAN) != 1 {
		t.Errorf("it says %q, and listens on %v", b.bad.Text, b.controller.Status().LAN)
	}
}

// A computer in another network says so, and in none too.
func TestNetworksThatAreNotThere(t *testing.T) {
	s := anyPort()
	s.LAN = settings.LAN{Enabled: true, Listen: []string{"192.0.2.77"}}
	b := openBench(t, s, "127.0.0.20")
	b.controller.Start()
	b.until("the trouble is said", func() bool { return !b.badRow.Hidden && strings.Contains(b.bad.Text, "192.0.2.77") })
	if !strings.Contains(b.address.Selected, "not here now") || b.codeOff.Text != i18n.T("phone.code.missing") {
		t.Errorf("it says %q and %q", b.address.Selected, b.codeOff.Text)
	}
	b.address.SetSelectedIndex(0)
	b.until("the trouble is over", func() bool { return b.badRow.Hidden && b.code.raster.Visible() })

	none := openBench(t, anyPort())
	if !none.open.Disabled() || !none.address.Disabled() || none.network.Visible() {
		t.Error("without a network there is something to open")
	}
}

func TestManyDevices(t *testing.T) {
	l := newDeviceList(nil)
	now := time.Unix(1e9, 0)
	var devices []flow.Device
	for i := range shownDevices + 3 {
		devices = append(devices, flow.Device{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), Allowed: i%2 == 0,
			Last: now.Add(-time.Duration(i) * 50 * time.Minute)})
	}
	l.show(devices, now)
	if l.more.Hidden || l.more.Text != "and 3 more" || !strings.Contains(l.rows[shownDevices-1].text.Text, "10.0.0.4 reached us 3 h ago") {
		t.Errorf("%q, the last is %q", l.more.Text, l.rows[shownDevices-1].text.Text)
	}
	l.show(devices[:1], now)
	if !l.more.Hidden || l.rows[1].object.Visible() {
		t.Error("devices are shown that are not there")
	}
}

// Each module is a square of whole pixels, black on white, with four modules of
// white around all.
func TestCodesAreSharp(t *testing.T) {
	code, err := qr.Encode("http://192.168.1.20:9876/", qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	modules := code.Bounds().Dx()
	black := func(img image.Image, x, y int) bool { r, _, _, _ := img.At(x, y).RGBA(); return r == 0 }
	for _, size := range []int{modules + 2*quietZone, 200, 317} {
		scale := size / (modules + 2*quietZone)
		left := (size - scale*modules) / 2
		img := drawCode(code, size, size)
		for y := range size {
			for x := range size {
				want := false
				if mx, my := x-left, y-left; mx >= 0 && my >= 0 && mx < scale*modules && my < scale*modules {
					want = black(code, mx/scale, my/scale)
				}
				if black(img, x, y) != want {
					t.Fatalf("%d pixels: at %d,%d it is %v", size, x, y, !want)
				}
			}
		}
		if left < quietZone*scale {
			t.Errorf("%d pixels: %d of white at the left, a module is %d", size, left, scale)
		}
	}
	for _, img := range []image.Image{drawCode(code, 20, 20), drawCode(nil, 20, 20), drawCode(code, 0, 0)} {
		for x := range img.Bounds().Dx() {
			if black(img, x, x) {
				t.Error("something is drawn where nothing can be read")
			}
		}
	}
}
