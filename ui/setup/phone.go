package setup

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/app/lan"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// phoneSize is how large the dialog is, and phoneCode the side of its QR code, in
// device-independent pixels.
var phoneSize = fyne.NewSize(760, 660)

const phoneCode = 200

// phone connects other devices: it opens the proxy to the network, says what to
// do on the device, and tells when one reached it.
type phone struct {
	deps      Deps
	proxy     Opener
	addresses []lan.Address
	now       func() time.Time
	closed    chan struct{} // ends the looking for devices

	address *choice
	open    *check
	allow   *entry
	network *widget.Button // allows the whole network of the address
	bad     *widget.Label
	remedy  *widget.Button
	badRow  *fyne.Container
	code    *qrCode
	codeOff *widget.Label  // stands where the code is while nothing is open
	start   *widget.Button // starts the proxy
	url     *widget.Label
	copyURL *widget.Button
	devices *deviceList
	steps   *phoneSteps
	scroll  *container.Scroll
	dialog  *dialog.CustomDialog
	shape   string // which parts are there
	filling bool   // the widgets are being set: no change of a person's
	allowed string // the list as it was shown before a person wrote into it
	lanErr  bool   // what is complained about is Status.LANErr
}

// Opener is what opens the proxy to other devices: the controller.
type Opener interface {
	Settings() settings.Settings
	Status() app.Status
	Devices() []flow.Device
	Change(func(*settings.Settings)) error // the errors are those of Controller.Change
	Start()
}

// PhoneOptions say what the dialog about other devices shows.
type PhoneOptions struct {
	Addresses func() ([]lan.Address, error) // this computer's; nil: as the system has them
	Proxy     Opener                        // nil: Deps.Controller
	Now       func() time.Time              // nil: time.Now
}

// Phone opens the dialog about other devices.
func Phone(d Deps, o PhoneOptions) { openPhone(d, o) }

func openPhone(d Deps, o PhoneOptions) *phone {
	if o.Addresses == nil {
		o.Addresses = lan.Addresses
	}
	if o.Proxy == nil {
		o.Proxy = d.Controller
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &phone{deps: d, proxy: o.Proxy, now: o.Now, closed: make(chan struct{})}
	p.addresses, _ = o.Addresses() // none known is said like none there
	p.build()
	p.dialog = dialog.NewCustom(i18n.T("phone.title"), i18n.T("close"), p.content(), d.Window)
	p.dialog.SetOnClosed(func() { close(p.closed) })
	p.dialog.Resize(phoneSize)
	p.fill()
	p.refresh()
	d.Open(p.dialog)
	p.watch()
	return p
}

func (p *phone) build() {
	hide := func() { p.dialog.Hide() }
	p.address = newChoice(nil, func(string) { p.changed() }, hide)
	p.open = newCheck(i18n.T("phone.open"), func(bool) { p.changed() }, hide)
	p.allow = newEntry(hide)
	p.allow.Scroll = fyne.ScrollHorizontalOnly // a long list must not widen the dialog
	p.allow.SetPlaceHolder(i18n.T("phone.allow.hint"))
	p.allow.OnSubmitted = func(string) { p.saveAllow() }
	p.network = widget.NewButton("", p.allowNetwork)
	p.bad = paragraph("")
	p.bad.Importance = widget.DangerImportance
	p.remedy = widget.NewButton("", nil)
	p.badRow = container.NewBorder(nil, nil, container.NewCenter(widget.NewIcon(theme.ErrorIcon())), container.NewCenter(p.remedy), p.bad)
	p.badRow.Hide()
	p.code = newQRCode(phoneCode)
	p.codeOff = note("")
	p.codeOff.Alignment = fyne.TextAlignCenter
	p.start = widget.NewButton(i18n.T("phone.start"), func() { p.proxy.Start() })
	p.url = widget.NewLabel("")
	p.url.TextStyle.Monospace = true
	p.url.SizeName = theme.SizeNameCaptionText
	p.copyURL = widget.NewButtonWithIcon("", theme.ContentCopyIcon(), func() { p.deps.Copy(p.code.text) })
	p.copyURL.Importance = widget.LowImportance
	p.devices = newDeviceList(p.letIn)
	p.steps = newPhoneSteps()
}

func (p *phone) content() fyne.CanvasObject {
	frame := canvas.NewRectangle(theme.Color(theme.ColorNameInputBackground))
	frame.StrokeColor, frame.StrokeWidth = theme.Color(theme.ColorNameInputBorder), 1
	frame.SetMinSize(fyne.NewSize(phoneCode, phoneCode))
	off := container.NewVBox(layout.NewSpacer(), p.codeOff, container.NewCenter(p.start), layout.NewSpacer())
	code := container.NewStack(frame, container.NewPadded(off), p.code.raster)
	left := container.New(layout.NewCustomPaddedLayout(4, 0, 0, 8),
		container.NewVBox(code, container.NewCenter(container.NewHBox(p.url, p.copyURL))))

	save := widget.NewButton(i18n.T("settings.save"), p.saveAllow)
	allow := container.NewBorder(nil, nil, nil, container.NewHBox(p.network, save), p.allow)
	right := container.NewVBox(
		strong(i18n.T("phone.address")), p.address, p.open, p.badRow,
		strong(i18n.T("phone.allowed")), allow, note(i18n.T("phone.open.note")))
	top := container.NewBorder(nil, nil, left, nil, right)
	devices := card(tight(strong(i18n.T("phone.devices")), p.devices.box))
	all := container.NewVBox(top, devices, p.steps.object, note(i18n.T("phone.trouble")))
	p.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 0, 0, 10), all)) // beside the scroll bar
	return p.scroll
}

// watch looks for devices once a second until the dialog is closed.
func (p *phone) watch() {
	p.deps.Work(func() func() {
		wait := time.NewTimer(time.Second)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-p.closed:
			return func() {}
		case <-p.deps.Context.Done():
			return func() {}
		}
		return func() {
			p.refresh()
			p.watch()
		}
	})
}

// fill puts the settings into the widgets.
func (p *phone) fill() {
	p.filling = true
	defer func() { p.filling = false }()
	s := p.proxy.Settings().LAN
	if len(s.Listen) > 0 && !slices.ContainsFunc(p.addresses, func(a lan.Address) bool { return a.Addr.String() == s.Listen[0] }) {
		if addr, err := netip.ParseAddr(s.Listen[0]); err == nil { // of another network, it seems
			p.addresses = append(p.addresses, lan.Address{Addr: addr, Network: netip.PrefixFrom(addr, addr.BitLen())})
		}
	}
	words, chosen := make([]string, len(p.addresses)), max(p.address.SelectedIndex(), 0)
	follow := s.Enabled || p.address.SelectedIndex() < 0 // closed, any address may be looked at
	for i, a := range p.addresses {
		words[i] = addressText(a)
		if follow && len(s.Listen) > 0 && a.Addr.String() == s.Listen[0] {
			chosen = i
		}
	}
	p.address.SetOptions(words)
	if len(words) > 0 {
		p.address.SetSelectedIndex(chosen)
	} else {
		p.address.PlaceHolder = i18n.T("phone.address.none")
		p.address.Disable()
		p.open.Disable()
	}
	p.open.SetChecked(s.Enabled)
	p.showAllowed(s.Allow)
}

// showAllowed keeps what a person is writing.
func (p *phone) showAllowed(list []string) {
	text := strings.Join(list, ", ")
	if p.allow.Text == p.allowed {
		p.allow.SetText(text)
		p.allowed = text
	}
}

// addressText names an address and the interface that it belongs to.
func addressText(a lan.Address) string {
	if a.Interface == "" {
		return i18n.T("phone.address.gone", a.Addr.String())
	}
	text := a.Addr.String() + "   " + a.Interface
	for kind, key := range map[lan.Kind]string{lan.WiFi: "phone.kind.wifi", lan.VPN: "phone.kind.vpn", lan.Virtual: "phone.kind.virtual",
		lan.LinkLocal: "phone.kind.link-local"} {
		if kind == a.Kind {
			text += " (" + i18n.T(key) + ")"
		}
	}
	return text
}

// chosen is the address that other devices are told.
func (p *phone) chosen() (a lan.Address, ok bool) {
	if i := p.address.SelectedIndex(); i >= 0 && i < len(p.addresses) {
		return p.addresses[i], true
	}
	return a, false
}

// changed opens, moves or closes what listens.
func (p *phone) changed() {
	a, ok := p.chosen()
	if p.filling || !ok {
		return
	}
	open := p.open.Checked
	if !open && !p.proxy.Settings().LAN.Enabled {
		p.refresh() // an address to look at only
		return
	}
	p.change(func(s *settings.Settings) {
		s.LAN.Enabled = open
		if open && !slices.Contains(s.LAN.Listen, a.Addr.String()) {
			s.LAN.Listen = []string{a.Addr.String()}
		}
	})
}

// change puts settings into force, and says what they cannot be.
func (p *phone) change(change func(*settings.Settings)) {
	err := p.proxy.Change(change)
	p.badRow.Hide()
	if err != nil {
		text, port := p.deps.Problem(err)
		p.complain(text, port)
	}
	p.fill()
	p.refresh()
}

func (p *phone) complain(text string, port int) {
	p.lanErr = false
	p.bad.SetText(text)
	p.remedy.Hidden = port == 0
	if port != 0 {
		p.remedy.SetText(i18n.T("bind.suggest", port))
		p.remedy.OnTapped = func() {
			a, ok := p.chosen()
			p.change(func(s *settings.Settings) {
				s.Proxy.Port, s.LAN.Enabled = port, true
				if ok {
					s.LAN.Listen = []string{a.Addr.String()}
				}
			})
		}
	}
	p.badRow.Show()
}

func (p *phone) saveAllow() {
	err := p.proxy.Change(func(s *settings.Settings) {
		s.LAN.Allow = settings.MergeList(splitAllowed(p.allowed), splitAllowed(p.allow.Text), s.LAN.Allow)
	})
	p.badRow.Hide()
	if err != nil {
		text, _ := p.deps.Problem(err)
		p.complain(text, 0)
	}
	if !app.InForce(err) {
		p.refresh()
		return
	}
	p.allowed = p.allow.Text // what stands there holds: it may be put in order
	p.fill()
	p.refresh()
}

func splitAllowed(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", ;，、；", r) })
}

// letIn puts a device on the list.
func (p *phone) letIn(d flow.Device) { p.add(d.Addr.String()) }

func (p *phone) allowNetwork() {
	if a, ok := p.chosen(); ok {
		p.add(a.Network.String())
	}
}

func (p *phone) add(text string) {
	p.change(func(s *settings.Settings) {
		if !slices.Contains(s.LAN.Allow, text) {
			s.LAN.Allow = append(s.LAN.Allow, text)
		}
	})
}

// refresh shows how things stand now.
func (p *phone) refresh() {
	status, current := p.proxy.Status(), p.proxy.Settings()
	a, ok := p.chosen()
	p.network.Hidden = !ok || a.Network.IsSingleIP() || current.LAN.Allows(a.Network.Addr())
	if ok {
		setButton(p.network, i18n.T("phone.allow.network", a.Network.String()))
	}
	host, port := a.Addr.String(), strconv.Itoa(current.Proxy.Port)
	bound := ""
	for _, addr := range status.LAN {
		if h, n, err := net.SplitHostPort(addr); err == nil && h == host {
			bound, port = addr, n
		}
	}
	if !ok {
		host = "192.168.x.y"
	}
	p.steps.show(host, port)
	p.showCode(bound, &status, &current)
	switch {
	case status.LANErr != nil && p.badRow.Hidden:
		text, port := p.deps.Problem(status.LANErr)
		p.complain(text, port)
		p.lanErr = true
	case status.LANErr == nil && p.lanErr:
		p.badRow.Hide()
		p.lanErr = false
	}
	devices := p.proxy.Devices()
	p.devices.show(devices, p.now())
	shape := fmt.Sprint(p.network.Hidden, p.badRow.Hidden, p.start.Hidden, p.copyURL.Hidden, len(devices))
	if shape != p.shape && p.scroll != nil {
		p.shape = shape
		p.scroll.Content.Refresh() // lays all out anew
		p.scroll.Refresh()
	}
}

// showCode shows the code of the page, or why there is none.
func (p *phone) showCode(bound string, status *app.Status, current *settings.Settings) {
	p.start.Hide()
	switch {
	case bound != "":
		p.code.set("http://" + bound + "/")
	case !current.LAN.Enabled:
		setLabel(p.codeOff, i18n.T("phone.code.closed"))
	case status.State != app.Running:
		setLabel(p.codeOff, i18n.T("phone.code.stopped"))
		p.start.Show()
	default:
		setLabel(p.codeOff, i18n.T("phone.code.missing"))
	}
	p.code.raster.Hidden = bound == ""
	p.codeOff.Hidden = bound != ""
	p.copyURL.Hidden = bound == ""
	text := ""
	if bound != "" {
		text = p.code.text
	}
	setLabel(p.url, text)
}

func setButton(b *widget.Button, text string) {
	if b.Text != text {
		b.SetText(text)
	}
}
