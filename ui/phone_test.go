package ui

import (
	"net/netip"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"posthouse/app"
	"posthouse/app/lan"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/ui/setup"
	"posthouse/ui/uitest"
)

// fakeOpener is a controller in a network that is the same in every picture.
type fakeOpener struct {
	settings settings.Settings
	status   app.Status
	devices  []flow.Device
}

func (f *fakeOpener) Settings() settings.Settings { return f.settings }
func (f *fakeOpener) Status() app.Status          { return f.status }
func (f *fakeOpener) Devices() []flow.Device      { return f.devices }
func (f *fakeOpener) Start()                      {}
func (f *fakeOpener) Change(change func(*settings.Settings)) error {
	change(&f.settings)
	return f.settings.Validate()
}

func someAddresses() ([]lan.Address, error) {
	return []lan.Address{
		{Addr: netip.MustParseAddr("192.168.1.20"), Network: netip.MustParsePrefix("192.168.1.0/24"), Interface: "wlp2s0", Kind: lan.WiFi},
		{Addr: netip.MustParseAddr("172.17.0.1"), Network: netip.MustParsePrefix("172.17.0.0/16"), Interface: "docker0", Kind: lan.Virtual},
	}, nil
}

func closedOpener() *fakeOpener {
	return &fakeOpener{settings: settings.Default(), status: app.Status{State: app.Running, Addrs: []string{"127.0.0.1:9876"}}}
}

func openedOpener() *fakeOpener {
	f := closedOpener()
	f.settings.LAN = settings.LAN{Enabled: true, Listen: []string{"192.168.1.20"}, Allow: []string{"192.168.1.42"}}
	f.status.LAN = []string{"192.168.1.20:9876"}
	f.devices = []flow.Device{
		{Addr: netip.MustParseAddr("192.168.1.77"), Refused: 3, Last: uitest.StartOfTests.Add(-3 * time.Second)},
		{Addr: netip.MustParseAddr("192.168.1.42"), Allowed: true, Requests: 128, Last: uitest.StartOfTests.Add(-12 * time.Second)},
	}
	return f
}

func TestPhonePictures(t *testing.T) {
	for _, c := range []struct {
		name, theme, lang string
		opener            *fakeOpener
	}{{"off-light-en", "light", "en", closedOpener()}, {"on-light-en", "light", "en", openedOpener()},
		{"on-dark-en", "dark", "en", openedOpener()}, {"on-light-zh", "light", "zh-Hans", openedOpener()}} {
		t.Run(c.name, func(t *testing.T) {
			s := settings.Default()
			s.General.Theme, s.Proxy.Port = c.theme, 0
			w := openWindow(t, windowOptions{settings: s, lang: c.lang})
			w.win.Resize(fyne.NewSize(900, 700))
			setup.Phone(w.setups.deps(), setup.PhoneOptions{Addresses: someAddresses, Proxy: c.opener,
				Now: func() time.Time { return uitest.StartOfTests }})
			test.AssertRendersToImage(t, "phone-"+c.name+".png", w.win.Canvas())
		})
	}
}

// The status bar says all the while that other devices may reach the proxy.
func TestOpenToTheNetworkIsSaid(t *testing.T) {
	s := settings.Default()
	s.Proxy.Port = 0
	w := openWindow(t, windowOptions{settings: s})
	w.controller.Start()
	w.until("the proxy runs", w.hasState(app.Running))
	if w.status.open.Visible() {
		t.Errorf("closed, it says %q", w.status.open.label.Text)
	}
	s.LAN = settings.LAN{Enabled: true, Listen: []string{"127.0.0.20"}}
	if err := w.controller.Apply(s); err != nil {
		t.Fatal(err)
	}
	addr := w.controller.Status().LAN[0]
	w.until("it says that it is open", func() bool {
		return w.status.open.Visible() && w.status.open.label.Text == "Open to the network: "+addr+"  ·  0 devices"
	})
	test.Tap(w.status.open)
	if !w.covered() {
		t.Error("a click opens no dialog")
	}
	w.leaveDialog()
	s.LAN.Enabled = false
	if err := w.controller.Apply(s); err != nil {
		t.Fatal(err)
	}
	w.until("it says nothing", func() bool { return !w.status.open.Visible() })
}

func TestOpenness(t *testing.T) {
	for want, o := range map[string]exposure{
		"": {},
		"Open to the network: 192.168.1.20:9876  ·  1 device":                {addr: "192.168.1.20:9876", devices: 1},
		"Open to the network: 192.168.1.20:9876  ·  2 devices  ·  3 refused": {addr: "192.168.1.20:9876", devices: 2, refused: 3},
		"Open to everybody in the network: 0.0.0.0:9876  ·  0 devices":       {addr: "0.0.0.0:9876", everybody: true, missing: "10.0.0.1"},
		"Not open to the network: this computer has no address 10.0.0.1 now": {missing: "10.0.0.1"},
	} {
		if got := o.text(); got != want {
			t.Errorf("%+v: %q", o, got)
		}
	}
}

func TestOpenSignPicture(t *testing.T) {
	for _, theme := range []string{"light", "dark"} {
		s := settings.Default()
		s.General.Theme = theme
		w := openWindow(t, windowOptions{settings: s})
		w.win.Resize(fyne.NewSize(900, 300))
		w.until("the window is drawn", func() bool { return w.empty.object.Visible() && w.last.Stats.MemoryBudget > 0 })
		w.status.open.is = exposure{addr: "192.168.1.20:9876", devices: 2, refused: 1}
		w.status.showOpen()
		test.AssertRendersToImage(t, "open-sign-"+theme+".png", w.win.Canvas())
	}
}
