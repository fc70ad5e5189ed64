package ui

import (
	"context"
	"slices"
	"strings"
	"testing"

	"posthouse/app"
	"posthouse/app/clients/clientcheck"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/setup"
	"posthouse/ui/uitest"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
)

// fakeChecker finds what a test says it finds.
type fakeChecker struct {
	found []clientcheck.Result
	hangs string // the client at which it waits for ctx
	asked [][]string
}

func (f *fakeChecker) Clients() []clientcheck.Result {
	var all []clientcheck.Result
	for _, r := range f.found {
		row := clientcheck.Result{ID: r.ID, Kind: r.Kind, Profile: r.Profile, Path: r.Path}
		if r.State == clientcheck.Missing {
			row.State = clientcheck.Missing
		}
		all = append(all, row)
	}
	return all
}

func (f *fakeChecker) Run(ctx context.Context, ids []string, progress func(clientcheck.Result)) error {
	f.asked = append(f.asked, ids)
	for i, r := range f.Clients() {
		if ids != nil && !slices.Contains(ids, r.ID) {
			continue
		}
		r.State = clientcheck.Trying
		progress(r)
		if r.ID == f.hangs {
			<-ctx.Done()
			return ctx.Err()
		}
		progress(f.found[i])
	}
	return ctx.Err()
}

// sampleSetup is a computer as people have it.
func sampleSetup() []clientcheck.Result {
	bundle := "/home/ana/.local/share/posthouse/ca-bundle.pem"
	variables := clientcheck.Remedy{For: clientcheck.ForRoute, Means: clientcheck.SetVariable,
		Command: "export https_proxy=http://127.0.0.1:9876\nexport http_proxy=http://127.0.0.1:9876"}
	return []clientcheck.Result{
		{ID: "system", Kind: clientcheck.System, Path: "/etc/ssl/certs/ca-certificates.crt", State: clientcheck.Trusted,
			Route: clientcheck.RouteThrough},
		{ID: "curl", Kind: clientcheck.Curl, Path: "/usr/bin/curl", Version: "8.14.1", State: clientcheck.Trusted,
			Route: clientcheck.RouteThrough},
		{ID: "wget", Kind: clientcheck.Wget, Path: "/usr/bin/wget", Version: "1.25.0", State: clientcheck.Trusted,
			Route: clientcheck.RouteDirect, Remedies: []clientcheck.Remedy{variables}},
		{ID: "git", Kind: clientcheck.Git, Path: "/usr/bin/git", Version: "2.47.3", State: clientcheck.Trusted,
			Route: clientcheck.RouteOther, Via: "proxy.corp.example:3128 (git config http.proxy)"},
		{ID: "node", Kind: clientcheck.Node, Path: "/usr/bin/node", Version: "24.11.1", State: clientcheck.Untrusted,
			Seen:  flow.ReasonCode("ended-alert").With("unknown_ca"),
			Said:  "SELF_SIGNED_CERT_IN_CHAIN self-signed certificate in certificate chain",
			Route: clientcheck.RouteDirect,
			Remedies: []clientcheck.Remedy{{For: clientcheck.ForTrust, Means: clientcheck.SetVariable,
				Command: "export NODE_EXTRA_CA_CERTS=" + bundle}, variables}},
		{ID: "python", Kind: clientcheck.Python, Path: "/usr/bin/python3", Version: "3.13.5", State: clientcheck.Trusted,
			Route: clientcheck.RouteThrough},
		{ID: "requests", Kind: clientcheck.Requests, State: clientcheck.Missing, Reason: clientcheck.ReasonModule},
		{ID: "java", Kind: clientcheck.Java, Path: "/usr/bin/java", Version: "21.0.9", State: clientcheck.Elsewhere,
			Said: "java.net.ConnectException: Connection refused"},
		{ID: "go", Kind: clientcheck.Go, State: clientcheck.Missing},
		{ID: "chrome", Kind: clientcheck.Chrome, Path: "/usr/bin/google-chrome", Version: "142.0.7444.59", State: clientcheck.Untrusted,
			Seen: flow.ReasonCode("ended-alert").With("certificate_unknown"), Route: clientcheck.RouteThrough,
			Remedies: []clientcheck.Remedy{{For: clientcheck.ForTrust, Means: clientcheck.InstallNSS}}},
		{ID: "firefox:/p", Kind: clientcheck.Firefox, Profile: "x1y2z3.default-release",
			Path: "/home/ana/.mozilla/firefox/x1y2z3.default-release", Version: "145.0", State: clientcheck.Untested,
			Reason: clientcheck.ReasonTool, Route: clientcheck.RouteThrough},
	}
}

// openCheck opens the dialog over a window, with clients that a test made up.
func openCheck(t *testing.T, o windowOptions, f *fakeChecker) *testWindow {
	t.Helper()
	w := openWindow(t, o)
	w.win.Resize(fyne.NewSize(960, 720))
	deps := w.setups.deps()
	deps.Checker = func() (setup.Checker, error) { return f, nil }
	setup.Check(deps)
	return w
}

// words are all texts of what lies uppermost over the window.
func (w *testWindow) words() string { return uitest.Words(w.win.Canvas().Overlays().Top()) }

func (w *testWindow) says(text string) func() bool {
	return func() bool { return strings.Contains(w.words(), text) }
}

// press presses the first button with a text.
func (w *testWindow) press(text string) {
	w.t.Helper()
	uitest.Press(w.t, w.win.Canvas().Overlays().Top(), text)
}

const sumOfSample = "The certificate is trusted by 5, and not by 3."

// The check begins by itself, shows the first client that needs a hand, and
// tries one again, or all.
func TestMySetupIsChecked(t *testing.T) {
	f := &fakeChecker{found: sampleSetup()}
	w := openCheck(t, windowOptions{}, f)
	w.until("all were tried", w.says("[Check all again]"))
	for _, want := range []string{"Node.js 24.11.1", "refused it (alert unknown_ca)", "export NODE_EXTRA_CA_CERTS=/home/ana", sumOfSample} {
		if !strings.Contains(w.words(), want) {
			t.Errorf("no %q in\n%s", want, w.words())
		}
	}
	f.found[4].State, f.found[4].Remedies = clientcheck.Trusted, nil
	w.press("Check this again")
	w.until("node was tried", w.says("[Check all again]"))
	w.until("node is fine", w.says("The certificate is trusted by 6, and not by 2."))
	w.press("Check all again")
	w.until("all were tried again", func() bool { return len(f.asked) == 3 && w.says("[Check all again]")() })
	if !slices.Equal(f.asked[1], []string{"node"}) || f.asked[0] != nil || f.asked[2] != nil {
		t.Errorf("tried %q", f.asked)
	}
}

func TestACheckIsStopped(t *testing.T) {
	f := &fakeChecker{found: sampleSetup(), hangs: "git"}
	w := openCheck(t, windowOptions{}, f)
	w.until("git is tried", w.says("Being tried…"))
	w.press("Stop")
	w.until("it has stopped", w.says("[Check all again]"))
	if words := w.words(); !strings.Contains(words, "Not tested") || strings.Contains(words, "Waiting") {
		t.Errorf("it says\n%s", words)
	}
}

// Closing the dialog ends what runs.
func TestAClosedCheckEnds(t *testing.T) {
	f := &fakeChecker{found: sampleSetup(), hangs: "git"}
	w := openCheck(t, windowOptions{}, f)
	w.until("git is tried", w.says("Being tried…"))
	w.leaveDialog()
	ended := make(chan struct{})
	go func() { w.jobs.Wait(); close(ended) }()
	w.until("nothing runs", func() bool {
		select {
		case <-ended:
			return true
		default:
			return false
		}
	})
}

// What keeps the check from running is said with the button that helps.
func TestTheCheckNeedsTheProxy(t *testing.T) {
	w := openWindow(t, windowOptions{})
	f := &fakeChecker{found: sampleSetup()}
	deps := w.setups.deps()
	deps.Checker = func() (setup.Checker, error) {
		if w.controller.Status().State != app.Running {
			return nil, app.ErrNotRunning
		}
		return f, nil
	}
	setup.Check(deps)
	w.until("it says so", w.says("The proxy is off"))
	w.press("Start the proxy")
	w.until("all were tried", w.says("[Check all again]"))
}

func TestTheCheckNeedsAnAuthority(t *testing.T) {
	w := openWindow(t, windowOptions{})
	deps := w.setups.deps()
	deps.Checker = func() (setup.Checker, error) { return nil, clientcheck.ErrNoAuthority }
	setup.Check(deps)
	w.until("it says so", w.says("There is no certificate authority yet"))
}

// The pictures are of the dialog alone: what lies behind it changes for its own reasons.
func TestCheckPictures(t *testing.T) {
	for name, lang := range map[string]string{"light-en": "en", "dark-en": "en", "light-zh": "zh-Hans"} {
		current := settings.Default()
		current.Proxy.Port = 0
		current.General.Theme, _, _ = strings.Cut(name, "-")
		w := openWindow(t, windowOptions{settings: current, lang: lang})
		bare := w.app.NewWindow("")
		bare.Resize(fyne.NewSize(800, 660))
		bare.Show()
		deps := w.setups.deps()
		deps.Window, deps.Open = bare, func(d dialog.Dialog) { d.Show() }
		deps.Checker = func() (setup.Checker, error) { return &fakeChecker{found: sampleSetup()}, nil }
		setup.Check(deps)
		again := map[string]string{"en": "[Check all again]", "zh-Hans": "[全部重新检查]"}[lang]
		w.until("all were tried", func() bool { return strings.Contains(uitest.Words(bare.Canvas().Overlays().Top()), again) })
		test.AssertRendersToImage(t, "check-"+name+".png", bare.Canvas())
		bare.Close()
	}
}

// Whatever is found has words in the window.
func TestWhatIsFoundHasWords(t *testing.T) {
	var keys []string
	for s := clientcheck.Waiting; s <= clientcheck.Missing; s++ {
		keys = append(keys, "check.state."+s.String(), "check.is."+s.String())
	}
	for r := clientcheck.ReasonTimeout; r <= clientcheck.ReasonRevoke; r++ {
		keys = append(keys, "check.reason."+r.String())
	}
	for r := clientcheck.RouteThrough; r <= clientcheck.RouteOther; r++ {
		keys = append(keys, "check.route."+r.String(), "check.goes."+r.String())
	}
	for _, m := range []clientcheck.Means{clientcheck.InstallSystem, clientcheck.InstallNSS, clientcheck.InstallJava, clientcheck.Run,
		clientcheck.SetVariable, clientcheck.AddLine, clientcheck.FirefoxRoots, clientcheck.FirefoxProxy, clientcheck.SystemProxy,
		clientcheck.InCode} {
		keys = append(keys, "check.means."+string(m))
	}
	for _, key := range keys {
		if !i18n.Has(key) {
			t.Errorf("no words for %s", key)
		}
	}
}
