package setup

import (
	"runtime"
	"slices"
	"strings"

	"posthouse/app"
	"posthouse/app/clients/trust"
	"posthouse/app/settings"
	"posthouse/app/switches/systemproxy"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// everyHost is the pattern of all hosts.
const everyHost = "*"

// change does something that may take a while; what went wrong is said in bad.
func (g *guide) change(bad *widget.Label, do func() error) {
	g.deps.Work(func() func() {
		err := do()
		return func() {
			bad.Hidden = err == nil
			if err != nil {
				bad.SetText(g.deps.Reason(err))
			}
			bad.Refresh()
		}
	})
}

// trouble is where a step says what went wrong.
func trouble() *widget.Label {
	l := paragraph("")
	l.Importance, l.Selectable = widget.DangerImportance, true
	l.Hide()
	return l
}

// runStep: the proxy runs.
func (g *guide) runStep() *guideStep {
	text, bad := paragraph(""), trouble()
	start := widget.NewButton(i18n.T("guide.run.start"), g.deps.Controller.Start)
	start.Importance = widget.HighImportance
	return &guideStep{
		word: "run",
		done: func(f *facts) bool { return f.status.State == app.Running },
		body: container.NewVBox(text, bad, container.NewHBox(start)),
		show: func(f *facts) {
			running := f.status.State == app.Running
			setText(text, i18n.T("guide.run.off"))
			if running {
				setText(text, i18n.T("guide.run.on", f.address))
			}
			start.Hidden = running
			bad.Hidden = f.status.Err == nil
			if f.status.Err != nil {
				setText(bad, g.deps.Reason(f.status.Err))
			}
		},
	}
}

// setText touches a label only where its text changes. The text may name what came
// from elsewhere.
func setText(l *widget.Label, text string) {
	if text = visible.Lines(text); l.Text != text {
		l.SetText(text)
	}
}

// hostStep: what to decrypt is chosen.
func (g *guide) hostStep() *guideStep {
	bad, now := trouble(), note("")
	hosts := newEntry(g.close)
	hosts.SetPlaceHolder("api.example.com, *.example.org")
	current := g.deps.Controller.Settings()
	list := current.Decrypt.Hosts
	all := slices.Contains(list, everyHost)
	if all {
		list = nil
	}
	if g.host != "" && !slices.Contains(list, g.host) {
		list = append(list, g.host)
	}
	hosts.SetText(strings.Join(list, ", "))
	words := []string{i18n.T("guide.hosts.chosen"), i18n.T("guide.hosts.all")}
	which := newChoice(words, nil, g.close)
	which.OnChanged = func(string) {
		if which.SelectedIndex() == 0 {
			hosts.Enable()
		} else {
			hosts.Disable()
		}
	}
	which.SetSelectedIndex(0)
	if all && g.host == "" {
		which.SetSelectedIndex(1)
	}
	apply := func() {
		list := splitHosts(hosts.Text)
		if which.SelectedIndex() == 1 {
			list = []string{everyHost}
		}
		if len(list) == 0 {
			setText(bad, i18n.T("guide.hosts.empty"))
			bad.Show()
			return
		}
		g.change(bad, func() error { return chooseHosts(g.deps.Controller, list) })
	}
	hosts.OnSubmitted = func(string) { apply() }
	ok := widget.NewButton(i18n.T("guide.hosts.apply"), apply)
	ok.Importance = widget.HighImportance
	return &guideStep{
		word: "hosts",
		done: func(f *facts) bool { return f.on() },
		body: container.NewVBox(paragraph(i18n.T("guide.hosts.text")), framed(which), hosts, bad,
			container.NewBorder(nil, nil, container.NewHBox(ok), nil, now)),
		show: func(f *facts) {
			switch {
			case !f.on():
				setText(now, i18n.T("guide.hosts.none"))
			case slices.Contains(f.hosts, everyHost):
				setText(now, i18n.T("guide.hosts.every"))
			default:
				setText(now, i18n.T("guide.hosts.now", shortList(f.hosts)))
			}
		},
	}
}

// chooseHosts puts the list into force; what is in it is no longer an exception.
func chooseHosts(c *app.Controller, list []string) error {
	return c.Change(func(s *settings.Settings) {
		s.Decrypt.Off, s.Decrypt.Hosts = false, list
		s.Decrypt.Except = slices.DeleteFunc(s.Decrypt.Except, func(host string) bool { return slices.Contains(list, host) })
	})
}

func splitHosts(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;，、\n\t", r) })
}

// shortList names the first of many.
func shortList(list []string) string {
	const most = 3
	if len(list) > most {
		return strings.Join(list[:most], ", ") + ", …"
	}
	return strings.Join(list, ", ")
}

// certificateStep: the certificate is made, and trusted somewhere.
func (g *guide) certificateStep() *guideStep {
	text := paragraph("")
	install := widget.NewButtonWithIcon(i18n.T("cert.install"), theme.DownloadIcon(), func() { Install(g.deps) })
	install.Importance = widget.HighImportance
	save := widget.NewButtonWithIcon(i18n.T("cert.save"), theme.DocumentSaveIcon(), g.deps.Save)
	return &guideStep{
		word: "certificate",
		done: func(f *facts) bool { return f.authority != nil && (len(f.trusted()) > 0 || f.first != nil) },
		body: container.NewVBox(paragraph(i18n.T("guide.cert.text")), text, container.NewHBox(install, save),
			note(i18n.T("guide.cert.devices")), commandBox([]string{"http://posthouse/"}, g.deps.Copy)),
		show: func(f *facts) {
			enable(save, f.authority != nil)
			switch kinds := f.trusted(); {
			case f.broken != nil && f.authority == nil && f.on():
				setText(text, i18n.T("cert.unusable", g.deps.Reason(f.broken)))
			case f.authority == nil:
				setText(text, i18n.T("guide.cert.none"))
			case len(kinds) == 0:
				setText(text, i18n.T("guide.cert.nowhere"))
			default:
				names := make([]string, len(kinds))
				for i, k := range kinds {
					names[i] = i18n.T("install.store." + string(k))
				}
				setText(text, i18n.T("guide.cert.in", strings.Join(names, i18n.T("guide.and"))))
			}
		},
	}
}

// programStep: a program goes through the proxy.
func (g *guide) programStep() *guideStep {
	room, was := container.NewStack(), ""
	system := widget.NewButton("", nil)
	state := note("")
	return &guideStep{
		word: "program",
		done: func(f *facts) bool { return f.captured || f.system == systemproxy.On || f.first != nil },
		body: container.NewVBox(paragraph(i18n.T("guide.program.text")), room, note(i18n.T("guide.program.system")),
			container.NewBorder(nil, nil, container.NewHBox(system), nil, state)),
		show: func(f *facts) {
			if line := curlLine(f); line != was {
				was = line
				room.Objects = []fyne.CanvasObject{commandBox([]string{line}, g.deps.Copy)}
				room.Refresh()
			}
			on := f.system == systemproxy.On
			word := "guide.system.on"
			if on {
				word = "guide.system.off"
			}
			if system.Text != i18n.T(word) {
				system.SetText(i18n.T(word))
			}
			system.OnTapped = func() { g.deps.System.Set(!on) }
			enable(system, f.system != systemproxy.Unavailable && f.system != systemproxy.Busy)
			setText(state, i18n.T("system."+string(f.system)))
		},
	}
}

// curlLine is a command that makes a first request to a host that is decrypted.
// It names the certificate where the system does not have it.
func curlLine(f *facts) string {
	host := "example.com"
	for _, pattern := range f.hosts {
		if name := strings.TrimPrefix(pattern, "*."); name != everyHost && !strings.HasPrefix(name, "-") && !strings.Contains(name, "*") {
			host = name
			break
		}
	}
	line := "curl --proxy " + trust.Quote("http://"+f.address)
	if f.authority != nil && !slices.Contains(f.trusted(), trust.System) {
		line += " --cacert " + trust.Quote(app.CACertificatePath())
	}
	if runtime.GOOS == "windows" {
		line += " --ssl-no-revoke" // its TLS asks for a revocation list, which Posthouse has none of
	}
	return line + " " + trust.Quote("https://"+host+"/")
}

// requestStep waits for the first decrypted request.
func (g *guide) requestStep() *guideStep {
	text, hint := paragraph(""), paragraph("")
	trustIt := widget.NewButton(i18n.T("guide.request.certificate"), func() { g.open(2) })
	host := ""
	bad := trouble()
	pass := widget.NewButton("", func() { g.change(bad, func() error { return g.deps.Controller.Decryption().PassHost(host, true) }) })
	add := widget.NewButton("", func() { g.change(bad, func() error { return g.deps.Controller.Decryption().DecryptHost(host) }) })
	actions := container.NewHBox(trustIt, pass, add)
	return &guideStep{
		word: "request",
		done: func(f *facts) bool { return f.first != nil },
		body: container.NewVBox(text, hint, bad, actions),
		show: func(f *facts) {
			setText(text, i18n.T("guide.request.waits"))
			if f.first != nil {
				setText(text, i18n.T("guide.request.came", f.first.Method, f.first.URL()))
			}
			refused, closed := f.refused != nil, f.closed != nil && f.first == nil && f.refused == nil
			trustIt.Hidden, pass.Hidden, add.Hidden = !refused, !refused, !closed
			hint.Hidden = !refused && !closed
			switch {
			case refused:
				host = bareHost(f.refused.Host)
				setText(hint, refusedText(f.refused))
				pass.SetText(i18n.T("row.pass", visible.Text(host)))
			case closed:
				host = bareHost(f.closed.Host)
				setText(hint, i18n.T("guide.request.closed", host))
				add.SetText(i18n.T("row.decrypt", visible.Text(host)))
			}
		},
	}
}

// refusedText says which client did not take the certificate, and what helps.
func refusedText(row *flow.Row) string {
	who := i18n.T("guide.request.client")
	if row.App != "" {
		who = row.App
	}
	text := i18n.T("guide.request.refused", who, bareHost(row.Host))
	if !row.Reason.IsZero() {
		return text + "\n" + words.Reason(row.Reason)
	}
	return text + "\n" + i18n.T("guide.request.remedy")
}
