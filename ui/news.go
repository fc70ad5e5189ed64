package ui

import (
	"strings"
	"time"

	"posthouse/app/settings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/desktop"
	"posthouse/app/switches/systemproxy"
	"posthouse/ui/i18n"
	uisettings "posthouse/ui/settings"
	"posthouse/ui/words"
)

// news are all that is to be known, the most pressing first.
func (n *notices) news() (all []notice) {
	if n.trayGone {
		tray := source{kind: ofTray}
		all = append(all, notice{source: tray, text: i18n.T("news.tray"), done: func() { n.trayGone = false; delete(n.seen, tray) }})
	}
	all = append(all, entryNews(ofLogin, "news.login", n.login)...)
	all = append(all, entryNews(ofFiles, "news.files", n.opens)...)
	all = append(all, n.systemNews()...)
	all = append(all, n.authorityNews()...)
	all = append(all, n.historyNews()...)
	if len(n.crashes) > 0 {
		all = append(all, n.crashNews(n.crashes[0]))
	}
	return all
}

// entryNews says why an entry in a list of the system could not be changed.
func entryNews(kind sourceKind, word string, entry uisettings.SystemEntry) []notice {
	if entry == nil {
		return nil
	}
	err := entry.Err()
	if err == nil {
		return nil
	}
	return []notice{{source: source{kind: kind, what: err.Error()}, text: i18n.T(word, words.EntryText(err))}}
}

func (n *notices) crashNews(c desktop.CrashReport) notice {
	return notice{source: source{kind: ofCrash}, text: i18n.T("news.crash", c.Time.Local().Format("2006-01-02 15:04")),
		remedy: i18n.T("news.crash.show"),
		act: func() {
			n.crashes[0], _ = c.Dismiss() // else it is offered again
			n.showCrash(n.crashes[0])
			n.crashes = n.crashes[1:]
		}, done: n.dismissCrashes}
}

// systemNews says what the system did before it was pointed here.
func (n *notices) systemNews() []notice {
	s := n.system.Status()
	if s.Phase != systemproxy.On {
		return nil
	}
	before := s.Previous
	host := hostOf(before.Upstream)
	switch key := "upstream " + host; {
	case before.Script != "":
		return []notice{{source: source{kind: ofScript, what: before.Script}, text: i18n.T("news.script", before.Script)}}
	case before.Automatic:
		return []notice{{source: source{kind: ofAutomatic}, text: i18n.T("news.automatic")}}
	case before.Upstream == "" || n.controller.Settings().Proxy.Upstream != "" || n.memory.said(key):
	case before.Dead:
		return []notice{{source: source{kind: ofDeadUpstream, what: host}, text: i18n.T("news.dead", host)}}
	default:
		return []notice{{source: source{kind: ofUpstream, what: host}, text: i18n.T("news.upstream", host),
			remedy: i18n.T("news.upstream.use"),
			done:   func() { n.memory.say(key) },
			act: func() {
				n.report(n.controller.Change(func(s *settings.Settings) {
					s.Proxy.Upstream, s.Proxy.UpstreamBypass = before.Upstream, before.Bypass
				}))
			}}}
	}
	return nil
}

// hostOf is the host and port of a proxy's URL.
func hostOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	return rest[strings.LastIndexByte(rest, '@')+1:]
}

// maxCrashLines bounds what is shown of a report; the file has all.
const maxCrashLines = 200

// showCrash shows a report, to be copied.
func (n *notices) showCrash(c desktop.CrashReport) {
	text, err := c.Text()
	if err != nil {
		n.report(err)
		return
	}
	lines := words.SplitLines(text)
	if len(lines) > maxCrashLines {
		lines = append(lines[:maxCrashLines], "…")
	}
	grid := widget.NewTextGridFromString(strings.Join(lines, "\n"))
	grid.Scroll = fyne.ScrollBoth
	path := widget.NewLabel(c.Path)
	path.Truncation = fyne.TextTruncateEllipsis
	about := widget.NewLabel(i18n.T("crash.about"))
	about.Wrapping = fyne.TextWrapWord
	report := dialog.NewCustomWithoutButtons(i18n.T("crash.title"), container.NewBorder(about, path, nil, nil, grid), n.win)
	copied := widget.NewButton(i18n.T("crash.copy"), func() { n.copy(text) })
	copied.Importance = widget.HighImportance
	report.SetButtons([]fyne.CanvasObject{copied, widget.NewButton(i18n.T("close"), report.Hide)})
	size := n.win.Canvas().Size()
	report.Resize(fyne.NewSize(size.Width*0.8, size.Height*0.8))
	n.open(report)
}

// dismissCrashes: each report is offered once. The files stay.
func (n *notices) dismissCrashes() {
	for _, c := range n.crashes {
		_, _ = c.Dismiss() // else it is offered again
	}
	n.crashes = nil
}

// day is a date as it is written in sentences.
func day(t time.Time) string { return t.Local().Format(time.DateOnly) }
