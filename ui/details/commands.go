package details

import (
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
)

// CanSave reports whether the exchange that is shown has bytes of a body to save.
func (d *Details) CanSave(response bool) bool {
	if d.Exchange == nil {
		return false
	}
	return len(inSight(d, d.Exchange, response).body.Bytes) > 0
}

// SaveBody asks for a file, and saves a body to it as it is read.
func (d *Details) SaveBody(response bool) {
	if d.CanSave(response) {
		d.AskSave(inSight(d, d.Exchange, response), true)
	}
}

// FindInBody opens the search in the body in sight, or else in the response's.
func (d *Details) FindInBody() {
	if d.Exchange == nil {
		return
	}
	if d.Tabs.Selected == tabRequest {
		d.request.body.findSoon()
		return
	}
	d.Tabs.Choose(TabResponse)
	d.response.body.findSoon()
}

// FindText shows one of the Bodies of the exchange that is shown, or is about to be, and looks for
// a text in it.
func FindText(d *Details, id flow.ID, nth int, text string) {
	tab, pane := tabRequest, d.request
	if nth%2 == 1 {
		tab, pane = TabResponse, d.response
	}
	if pane.versions.went = 0; nth >= 2 {
		pane.versions.went = id
	}
	if d.Tabs.Selected == tab {
		d.showTab() // of the version
	} else {
		d.Tabs.Choose(tab)
	}
	pane.body.search.Entry.SetText(text)
	pane.body.findSoon()
}

// CanAsk reports whether the body in sight, or else the response's, is JSON; of one that was not shown yet its type
// tells.
func (d *Details) CanAsk() bool {
	if d.Exchange == nil {
		return false
	}
	return bodyInSight(d).ask.Can() || d.Tabs.Selected != tabRequest && d.Tabs.Selected != TabResponse && d.CanSave(true) &&
		content.ShortType(d.Exchange.ContentType) == "json"
}

// AskBody opens the box that asks it in jq or JSONPath.
func (d *Details) AskBody() {
	if !d.CanAsk() {
		return
	}
	if d.Tabs.Selected != tabRequest {
		d.Tabs.Choose(TabResponse)
	}
	bodyInSight(d).askSoon()
}

func bodyInSight(d *Details) *bodyPane {
	if d.Tabs.Selected == tabRequest {
		return d.request.body
	}
	return d.response.body
}
