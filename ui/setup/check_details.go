package setup

import (
	"reflect"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/clients/clientcheck"
	"posthouse/app/switches/systemproxy"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// clientName is a client as people call it.
func clientName(r *clientcheck.Result) string {
	if r.Kind == clientcheck.System {
		return i18n.T("check.system")
	}
	return clientcheck.Names[r.Kind]
}

func routeText(r *clientcheck.Result) string {
	if r.Route == clientcheck.RouteUnknown {
		return ""
	}
	return i18n.T("check.route." + r.Route.String())
}

// shown is what the details were made of: while nothing of it changes they stay,
// with what a person has selected in them.
type shown struct {
	result clientcheck.Result
	runs   bool
	rows   bool
}

// showDetails shows what is known of the chosen row, and what mends it.
func (c *checker) showDetails() {
	r := c.row(c.chosen)
	now := shown{runs: c.stop != nil, rows: len(c.rows) > 0}
	if r != nil {
		now.result = *r
	}
	if reflect.DeepEqual(now, c.shown) {
		return
	}
	c.shown = now
	if r == nil {
		c.details.Objects = nil
		if len(c.rows) > 0 {
			c.details.Objects = []fyne.CanvasObject{note(i18n.T("check.choose"))}
		}
		arrange(c.details)
		return
	}
	id := r.ID
	again := widget.NewButtonWithIcon(i18n.T("check.single"), theme.ViewRefreshIcon(), func() { c.begin([]string{id}) })
	enable(again, c.stop == nil)
	all := []fyne.CanvasObject{container.NewBorder(nil, nil, strong(strings.TrimSpace(clientName(r)+" "+r.Version)), again)}
	facts := []string{stateText(r)}
	if r.Said != "" {
		facts = append(facts, i18n.T("check.said", r.Said))
	}
	if r.Route != clientcheck.RouteUnknown {
		facts = append(facts, routeSentence(r))
	}
	if r.Path != "" {
		facts = append(facts, r.Path)
	}
	text := note(strings.Join(facts, "\n"))
	text.Selectable = true
	all = append(all, text)
	for _, one := range r.Remedies {
		all = append(all, c.remedyOf(&one)...)
	}
	c.details.Objects = all
	arrange(c.details)
}

// stateText says what was found of the certificate, in a sentence.
func stateText(r *clientcheck.Result) string {
	switch {
	case r.Reason != clientcheck.ReasonNone && r.State != clientcheck.Untrusted && r.State != clientcheck.Trusted:
		return i18n.T("check.reason." + r.Reason.String())
	case r.Reason == clientcheck.ReasonLooked:
		return i18n.T("check.is."+r.State.String()) + " " + i18n.T("check.reason.looked-up")
	case r.Reason == clientcheck.ReasonRevoke:
		return i18n.T("check.reason.revocation")
	case r.State == clientcheck.Untrusted && !r.Seen.IsZero():
		return i18n.T("check.refused", words.Reason(r.Seen))
	}
	return i18n.T("check.is." + r.State.String())
}

// routeSentence says where a client goes as it is set up, and what makes it.
func routeSentence(r *clientcheck.Result) string {
	text := i18n.T("check.goes." + r.Route.String())
	if r.Via != "" {
		text += " (" + r.Via + ")"
	}
	return text
}

// remedyOf is a way to mend something: what it is for, and a button or lines to copy.
func (c *checker) remedyOf(one *clientcheck.Remedy) []fyne.CanvasObject {
	purpose := "certificate"
	if one.For == clientcheck.ForRoute {
		purpose = "route"
	}
	text := note(i18n.T("check.for."+purpose, i18n.T("check.means."+string(one.Means))))
	switch one.Means {
	case clientcheck.InstallSystem, clientcheck.InstallNSS, clientcheck.InstallJava:
		install := widget.NewButtonWithIcon(i18n.T("cert.install"), theme.DownloadIcon(), func() { Install(c.deps) })
		return []fyne.CanvasObject{container.NewBorder(nil, nil, nil, install, text)}
	case clientcheck.SystemProxy:
		on := widget.NewButton(i18n.T("check.system.on"), func() { c.deps.System.Set(true) })
		enable(on, c.deps.System.Status().Phase != systemproxy.Unavailable)
		return []fyne.CanvasObject{container.NewBorder(nil, nil, nil, on, text)}
	}
	if one.Command == "" {
		return []fyne.CanvasObject{text}
	}
	return []fyne.CanvasObject{text, commandBox(strings.Split(one.Command, "\n"), c.deps.Copy)}
}
