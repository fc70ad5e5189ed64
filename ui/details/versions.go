package details

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// versions is the switch between a message as it came and as it went, which is there where rules, or
// a person at a breakpoint, made another of it.
type versions struct {
	went    flow.ID // the exchange of which what went is shown; 0 for none
	tabs    *uiwidget.TabBar
	compare *uiwidget.BarButton
	bar     *fyne.Container
	object  *fyne.Container
}

// newVersions makes it for a pane, which is drawn and loaded anew when another one is chosen.
func newVersions(d *Details, chosen func()) *versions {
	v := &versions{}
	v.tabs = uiwidget.NewTabBar(func(at int) {
		v.went = 0
		if at == 1 {
			v.went = d.id
		}
		chosen()
	})
	v.compare = uiwidget.NewBarButton(nil, func() { d.deps.Compare(d.id) })
	v.compare.SetVisible(d.deps.Compare != nil)
	v.bar = uiwidget.NewBar(v.tabs, v.compare)
	v.bar.Hide()
	v.object = container.New(uiwidget.TightColumn{}, v.bar)
	v.retranslate()
	return v
}

func (v *versions) retranslate() {
	v.tabs.SetLabels(i18n.T("details.came"), i18n.T("details.went"))
	v.compare.SetLabel(i18n.T("details.compare_versions"))
}

// shows reports whether what went is shown of an exchange.
func (v *versions) shows(id flow.ID) bool { return id != 0 && v.went == id }

// show has the switch stand as it is for an exchange; it reports whether it came or went itself.
func (v *versions) show(x *flow.Exchange, response bool) (turned bool) {
	at := 0
	if v.shows(x.ID) {
		at = 1
	}
	if at != v.tabs.Selected {
		v.tabs.Selected = at
		v.tabs.Refresh()
	}
	there := x.Replaced(response)
	turned = there != v.bar.Visible()
	uiwidget.SetShown(v.bar, there)
	return turned
}

// messageIn is MessageOf, or the message that went on in its place.
func messageIn(x *flow.Exchange, response, went bool) message {
	if !went || !x.Replaced(response) {
		return MessageOf(x, response)
	}
	other := x.Went()
	m := MessageOf(&other, response)
	m.went = true
	return m
}

// inSight is the request or the response that its page shows, or would show.
func inSight(d *Details, x *flow.Exchange, response bool) message {
	pane := d.request
	if response {
		pane = d.response
	}
	return messageIn(x, response, pane.versions.shows(x.ID))
}

// named is what is to be done with a message, in words.
func (m message) named(key string) string {
	text := i18n.T(key)
	if m.went {
		plain, asks := strings.CutSuffix(text, words.Ellipsis)
		if text = i18n.T("details.of_went", plain); asks {
			text += words.Ellipsis
		}
	}
	return text
}
