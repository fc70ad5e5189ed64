package ui

import (
	"posthouse/app/switches/systemproxy"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
)

// says is a command's Why of one sentence.
func says(key string) func() string { return func() string { return i18n.T(key) } }

// whyNoRequest says what to select for what is done with a request.
func (c *commands) whyNoRequest() string {
	if row, ok := c.selectedRow(); ok && row.Kind == flow.KindTunnel {
		return i18n.T("cannot.tunnel")
	}
	return i18n.T("cannot.row")
}

// whyNotOne says what to select for what is done with one request.
func (c *commands) whyNotOne() string {
	if c.w.list.Several() {
		return i18n.T("cannot.single")
	}
	return c.whyNoRequest()
}

// whyNotDeleted says why nothing selected can be deleted.
func (c *commands) whyNotDeleted() string {
	if why := c.w.tabs.whyKept(); why != "" {
		return why
	}
	return i18n.T("cannot.row")
}

// whyNoSystem says why the system proxy cannot be switched now.
func (c *commands) whyNoSystem() string {
	if c.w.switches.systemProxy.Status().Phase == systemproxy.Busy {
		return i18n.T("cannot.system.busy")
	}
	return i18n.T("system.unavailable.tip")
}
