package details

import (
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/uitest"
)

// testChain is a chain of testdata, the origin's own certificate first.
func testChain(t *testing.T, name string) (chain [][]byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "tls", name))
	if err != nil {
		t.Fatal(err)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		chain = append(chain, block.Bytes)
	}
	return chain
}

func decryptedExchange(t *testing.T) flow.Exchange {
	x := uitest.SampleExchange(1, "application/json", uitest.SampleJSON)
	x.Scheme, x.Proto, x.App, x.AppPID, x.AppPath = "https", "HTTP/2.0", "curl", 4711, "/usr/bin/curl"
	x.Remote = uitest.AddrPort("192.0.2.7:443")
	x.Timing = flow.Timing{Resolved: 4 * ms, Dialed: 12 * ms, Connected: 29 * ms, Sent: 30 * ms, FirstByte: 70 * ms, End: 83 * ms}
	x.TLS = flow.TLS{Seen: true, Outcome: flow.TLSDecrypted, SNI: "api.example.test", ALPN: "h2", Version: "TLS 1.3"}
	x.Secure = flow.Secure{Outcome: flow.TLSDecrypted, Trust: flow.TrustRoots, Chain: testChain(t, "chain.pem"),
		Client: flow.TLSState{Version: 0x0304, Cipher: 0x1301, ALPN: "h2"},
		Origin: flow.TLSState{Version: 0x0304, Cipher: 0x1302, ALPN: "h2", Resumed: true}}
	x.Secure.Fingerprint = sha256.Sum256(x.Secure.Chain[0])
	return x
}

// arrivingInTLS is one whose answer has not begun; its clock stands still.
func arrivingInTLS(t *testing.T) flow.Exchange {
	x := decryptedExchange(t)
	x.Phase, x.Failure, x.Status, x.Duration = flow.PhaseFailed, flow.FailureResponseTimeout, 504, 83*ms
	x.Timing.FirstByte = 0
	return x
}

func badExchange(t *testing.T) flow.Exchange {
	x := decryptedExchange(t)
	x.Host, x.Phase, x.Failure, x.Status = "old.example.test", flow.PhaseFailed, flow.FailureTLS, 502
	x.ResponseHead = []byte("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
	x.Reason = flow.ReasonCode("certificate-rejected").With("old.example.test", flow.ReasonCode("both").With(
		flow.ReasonCode("certificate-expired").With("2021-01-01 00:00 UTC"), flow.ReasonCode("certificate-self-signed")))
	problem := flow.ProblemExpired | flow.ProblemSelfSigned
	x.TLS.SNI, x.TLS.Outcome, x.TLS.Problem = "old.example.test", flow.TLSBadCertificate, problem
	chain := testChain(t, "expired.pem")
	x.Secure = flow.Secure{Outcome: flow.TLSBadCertificate, Problem: problem, Chain: chain, Fingerprint: sha256.Sum256(chain[0]),
		Client: x.Secure.Client}
	return x
}

func refusedExchange(*testing.T) flow.Exchange {
	x := tunnelExchange()
	x.App, x.AppPID, x.AppPath = "curl", 4711, "/usr/bin/curl"
	x.Phase, x.Failure, x.RequestSize, x.ResponseSize = flow.PhaseFailed, flow.FailureTLS, 0, 0
	x.Reason = flow.ReasonCode("client-refused-sure").With("www.example.test", flow.ReasonCode("ended-alert").With("unknown_ca"), 3,
		flow.ReasonCode("tries").With(2, 2))
	x.TLS.Outcome = flow.TLSRefused
	x.Secure = flow.Secure{Outcome: flow.TLSRefused}
	return x
}

// testRemedies note what was asked for.
func testRemedies(asked *[]string) Remedies {
	note := func(text string) error { *asked = append(*asked, text); return nil }
	return Remedies{
		Decrypt: func(host string) error { return note("decrypt " + host) },
		Pass: func(host string, always bool) error {
			return note(map[bool]string{true: "always ", false: "session "}[always] + host)
		},
		Trust:    func(host string, fingerprint [32]byte) error { return note("trust " + host) },
		Install:  func() { _ = note("install") },
		Settings: func() { _ = note("settings") },
	}
}

// What the Overview tells of TLS, as a person sees it.
func TestTLSPictures(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{{"light-en", "light", "en"}, {"dark-en", "dark", "en"},
		{"light-zh", "light", "zh-Hans"}} {
		for kind, make := range map[string]func(*testing.T) flow.Exchange{"decrypted": decryptedExchange, "bad": badExchange,
			"refused": refusedExchange,
			"tunnel":  func(*testing.T) flow.Exchange { return tunnelExchange() }} {
			t.Run(kind+"-"+c.name, func(t *testing.T) {
				var asked []string
				d := openDetails(t, c.theme, c.lang)
				d.Overview.remedies = testRemedies(&asked)
				d.win.Resize(fyne.NewSize(1100, 560))
				d.open(make(t), TabOverview)
				test.AssertRendersToImage(t, "tls-"+kind+"-"+c.name+".png", d.win.Canvas())
			})
		}
	}
}

// Each way in which TLS goes wrong has its words and its buttons, in both languages.
func TestAdviceOfTLS(t *testing.T) {
	with := func(change func(*flow.Exchange)) flow.Exchange {
		x := badExchange(t)
		change(&x)
		return x
	}
	problem := func(p flow.Problem) flow.Exchange {
		return with(func(x *flow.Exchange) { x.Secure.Problem = p })
	}
	all := []string{"trust old.example.test", "session old.example.test", "always old.example.test"}
	pass := all[1:]
	for name, c := range map[string]struct {
		x     flow.Exchange
		grave bool
		says  []string
		asks  []string
	}{
		"expired": {problem(flow.ProblemExpired), true,
			[]string{"old.example.test did not pass", "2021-01-01 00:00 UTC", "clock"}, all},
		"not yet valid":  {problem(flow.ProblemNotYetValid), true, []string{"valid only from 2020-01-01"}, all},
		"wrong host":     {problem(flow.ProblemWrongHost), true, []string{"old.example.test, www.old.example.test, 192.0.2.7"}, all},
		"self-signed":    {problem(flow.ProblemSelfSigned), true, []string{"signed by itself"}, all},
		"unknown issuer": {problem(flow.ProblemUnknownAuthority), true, []string{"More roots"}, all},
		"unusable":       {problem(flow.ProblemUnusable), true, []string{"breaks a rule"}, all},
		"two":            {badExchange(t), true, []string{"expired", "signed by itself"}, all},
		"pinned": {with(func(x *flow.Exchange) { x.Secure.Trust = flow.TrustPinned }), false, []string{"taken all the same"},
			[]string{"settings"}},
		"client cert": {with(func(x *flow.Exchange) {
			x.Secure.Outcome, x.Secure.Problem = flow.TLSFailed, flow.ProblemClientCertificate
		}), true, []string{"insists", "PKCS#12"}, append([]string{"settings"}, pass...)},
		"no TLS": {with(func(x *flow.Exchange) { x.Secure.Outcome, x.Secure.Problem = flow.TLSFailed, 0 }), true,
			[]string{"no TLS with old.example.test"}, pass},
		"refused": {refusedExchange(t), true,
			[]string{"curl did not accept", "for www.example.test", "alert unknown_ca after 3 ms", "2 of 2 tries", "does not trust the CA"},
			[]string{"install", "session www.example.test:443", "always www.example.test:443"}},
		"refused unasked": {func() flow.Exchange { x := refusedExchange(t); x.App = ""; return x }(), true,
			[]string{"The client did not accept"}, []string{"install", "session www.example.test:443", "always www.example.test:443"}},
		"silent": {func() flow.Exchange {
			x := tunnelExchange()
			x.Secure.Outcome, x.Reason = flow.TLSDecrypted, flow.ReasonCode("text").With("It may pin.")
			return x
		}(), false, []string{"left right after", "It may pin."}, []string{"session www.example.test:443", "always www.example.test:443"}},
		"tunnel":    {tunnelExchange(), false, []string{"passes unread"}, []string{"decrypt www.example.test:443"}},
		"decrypted": {decryptedExchange(t), false, nil, nil},
		"plain":     {uitest.SampleExchange(1, "text/plain", "x"), false, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			defer i18n.Set(i18n.English)
			var asked []string
			r := testRemedies(&asked)
			a := r.advise(&c.x)
			text := a.what + "\n" + strings.Join(a.lines, "\n")
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in %q", want, text)
				}
			}
			if a.grave != c.grave || (len(c.says) == 0) != (a.what == "") {
				t.Errorf("grave %v, %q", a.grave, a.what)
			}
			for _, action := range a.actions {
				if action.do != nil {
					_ = action.do()
				} else {
					action.open()
				}
			}
			if strings.Join(asked, ", ") != strings.Join(c.asks, ", ") {
				t.Errorf("asked %q", asked)
			}
			i18n.Set(i18n.Chinese)
			if a := r.advise(&c.x); strings.Contains(a.what+strings.Join(a.lines, ""), "%!") || len(a.lines) != strings.Count(text, "\n") &&
				text != "\n" && len(a.lines) > 0 {
				t.Errorf("in Chinese %q", a.lines)
			}
			none := Remedies{}
			if a := none.advise(&c.x); len(a.actions) != 0 {
				t.Errorf("it offers %d buttons that do nothing", len(a.actions))
			}
		})
	}
}

// A button that was pressed says so until another exchange is shown; one whose
// wish failed can be pressed again.
func TestButtonsOfTheOverview(t *testing.T) {
	d := openDetails(t, "light", "en")
	var asked []string
	d.Overview.remedies = testRemedies(&asked)
	d.open(badExchange(t), TabOverview)
	box := d.Overview.advice
	button := func(i int) *widget.Button { return box.buttons.Objects[i].(*widget.Button) }
	if d.Overview.bad.object.Visible() || !box.object.Visible() || len(box.buttons.Objects) != 3 {
		t.Fatalf("%d buttons", len(box.buttons.Objects))
	}
	test.Tap(button(0))
	if len(asked) != 1 || !button(0).Disabled() || button(1).Disabled() || !strings.Contains(box.detail.Text, "new connections") {
		t.Errorf("asked %q, it says %q", asked, box.detail.Text)
	}
	i18n.Set(i18n.Chinese)
	d.Retranslate()
	if !button(0).Disabled() || button(0).Text != i18n.T("tls.trust") || !strings.Contains(box.detail.Text, button(0).Text) {
		t.Errorf("in another language the button %q was not pressed: %q", button(0).Text, box.detail.Text)
	}
	i18n.Set(i18n.English)
	d.Retranslate()
	d.Overview.remedies.Pass = func(string, bool) error { return errors.New("no") }
	d.Overview.Show(d.Exchange)
	test.Tap(button(1))
	if button(1).Disabled() {
		t.Error("what failed is said to be done")
	}
	other := badExchange(t)
	other.ID = 2
	d.open(other, TabOverview)
	if button(0).Disabled() {
		t.Error("another exchange has the same done")
	}
	d.open(func() flow.Exchange { x := failedExchange(); x.ID = 3; return x }(), TabOverview)
	if box.object.Visible() || !d.Overview.bad.object.Visible() {
		t.Error("another failure is not shown as such")
	}
}

func TestTheTreeOfCertificates(t *testing.T) {
	x := decryptedExchange(t)
	var got []string
	for _, f := range secureFacts(&x) {
		got = append(got, strings.TrimRight(strings.Repeat(" ", f.level)+f.name+" "+f.value, " "))
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{"HTTPS Decrypted", "Passed all checks", "TLS 1.3 · TLS_AES_128_GCM_SHA256 · h2\n",
		"TLS_AES_256_GCM_SHA384 · h2 · session resumed",
		"\n api.example.test\n Issuer Example Authority 3\n Valid 2020-01-01 to 2047-01-01\n For api.example.test, *.api.example.test, " +
			"192.0.2.7\n Key ECDSA P-256, signed with ECDSA-SHA256\n SHA-256 ",
		"\n  › Example Authority 3\n  Issuer Example Root\n", "\n   › Example Root\n   Issuer itself (self-signed)\n"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	x.Secure.Chain = append([][]byte{[]byte("none")}, make([][]byte, 200)...)
	if all := secureFacts(&x); len(all) > 40 || !strings.Contains(all[len(all)-1].value, "193 more") {
		t.Errorf("%d lines of a hostile chain, the last %q", len(all), all[len(all)-1].value)
	}
	x = uitest.SampleExchange(1, "text/plain", "x")
	if all := secureFacts(&x); len(all) != 0 {
		t.Errorf("plain HTTP: %+v", all)
	}
}

// The clock of what is under way goes on in the Timing tab too.
func TestTheTimingTab(t *testing.T) {
	d := openDetails(t, "light", "en")
	x := arriving(1, 3)
	x.Start = time.Now().Add(-10 * time.Second)
	d.open(x, tabTiming)
	d.Exchange.Start = d.Exchange.Start.Add(-10 * time.Second)
	d.Tick()
	if got := d.timing.where.total; got < 20*time.Second || !d.timing.object.Visible() || d.Overview.object.Visible() {
		t.Errorf("after 20 s it says %v", got)
	}
	reused := uitest.SampleExchange(2, "text/plain", "x")
	reused.Timing.Reused = true
	d.open(reused, tabTiming)
	if d.timing.note.Text == "" {
		t.Error("it does not say why there is no time to connect")
	}
	for i := range d.timing.where.steps {
		if end := d.timing.where.bars[i].Position().X + d.timing.where.bars[i].Size().Width; end > d.timing.where.Size().Width {
			t.Errorf("bar %d ends at %v", i, end)
		}
	}
}

// The row of a tunnel says what can be seen of its content, and where.
func TestATunnelsContent(t *testing.T) {
	for padlock, want := range map[flow.TLSOutcome]string{
		flow.TLSNone: "not visible here", flow.TLSRefused: "not visible here",
		flow.TLSDecrypted: "are rows of the list", flow.TLSBadCertificate: "are rows of the list",
	} {
		x := tunnelExchange()
		x.TLS.Outcome = padlock
		if got := noHeadText(message{exchange: &x, response: true}); !strings.Contains(got, want) {
			t.Errorf("%v: %q", padlock, got)
		}
	}
}

// A certificate that breaks a rule of its form is shown as far as it can be read, with the rule.
func TestOddCertificateIsShown(t *testing.T) {
	x := badExchange(t)
	whole := chainFacts(&x.Secure)
	x.Secure.Chain[0] = append(x.Secure.Chain[0], 0)
	x.Secure.Problem |= flow.ProblemUnusable
	shown := map[string]string{}
	for _, f := range chainFacts(&x.Secure) {
		shown[f.name] = f.value
	}
	for _, f := range whole {
		if f.name != "" && f.name != i18n.T("cert.sha256") && f.name != i18n.T("cert.key") && shown[f.name] != f.value {
			t.Errorf("%s: %q, want %q", f.name, shown[f.name], f.value)
		}
	}
	if rule := shown[i18n.T("cert.broken")]; rule != "there are bytes behind its end" {
		t.Errorf("the rule is %q", rule)
	}
	if lines := strings.Join(problemLines(&x), "\n"); !strings.Contains(lines, "there are bytes behind its end. Whoever runs") {
		t.Errorf("lines %q", lines)
	}
	x.Secure.Chain[0] = []byte("no certificate")
	if facts := chainFacts(&x.Secure); len(facts) != 4 { // the title, no name, the rule, the fingerprint
		t.Errorf("%+v", facts)
	}
}
