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
	"posthouse/ui/words"
)

// news is something to know that is no trouble of the moment: it is said in the
// banner until it is closed, or what it offers is taken.
type news struct {
	key    string // of the banner
	text   string
	remedy string // the word on the button; "" for none
	act    func()
	done   func() // after it was closed or acted upon; nil: nothing
}

const newsPrefix = "news "

// showNews says the first thing that is to be known and was not closed.
func (w *Window) showNews() bool {
	for _, n := range w.news() {
		if w.newsSeen[n.key] {
			continue
		}
		w.banner.Show(newsPrefix+n.key, n.text, n.remedy, func() {
			w.newsSeen[n.key] = true
			n.act()
			if n.done != nil {
				n.done()
			}
			w.followController()
		})
		return true
	}
	return false
}

// closedNews ends what was said under a key.
func (w *Window) closedNews(key string) {
	w.newsSeen[key] = true
	for _, n := range w.news() {
		if n.key == key && n.done != nil {
			n.done()
		}
	}
}

// news are all that there is, the most pressing first.
func (w *Window) news() (all []news) {
	if w.trayGone {
		all = append(all, news{key: "tray", text: i18n.T("news.tray"), done: func() { w.trayGone = false; delete(w.newsSeen, "tray") }})
	}
	if w.login != nil {
		if err := w.login.Err(); err != nil {
			all = append(all, news{key: "login " + err.Error(), text: i18n.T("news.login", words.LoginText(err))})
		}
	}
	all = append(all, w.systemNews()...)
	all = append(all, w.authorityNews()...)
	if len(w.crashes) > 0 {
		c := w.crashes[0]
		all = append(all, news{key: "crash", text: i18n.T("news.crash", c.Time.Local().Format("2006-01-02 15:04")), remedy: i18n.T("news.crash.show"),
			act: func() {
				w.crashes[0], _ = c.Dismiss() // else it is offered again
				w.showCrash(w.crashes[0])
				w.crashes = w.crashes[1:]
			}, done: w.dismissCrashes})
	}
	return all
}

// systemNews says what the system did before it was pointed here.
func (w *Window) systemNews() []news {
	s := w.systemProxy.Status()
	if s.Phase != systemproxy.On {
		return nil
	}
	current := w.controller.Settings()
	before := s.Previous
	switch key := "upstream " + hostOf(before.Upstream); {
	case before.Script != "":
		return []news{{key: "script " + before.Script, text: i18n.T("news.script", before.Script)}}
	case before.Automatic:
		return []news{{key: "automatic", text: i18n.T("news.automatic")}}
	case before.Upstream == "" || current.Proxy.Upstream != "" || w.saidBefore(key):
	case before.Dead:
		return []news{{key: "dead " + hostOf(before.Upstream), text: i18n.T("news.dead", hostOf(before.Upstream))}}
	default:
		return []news{{key: key, text: i18n.T("news.upstream", hostOf(before.Upstream)), remedy: i18n.T("news.upstream.use"),
			done: func() { w.say(key) },
			act: func() {
				w.report(w.controller.Change(func(s *settings.Settings) {
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
func (w *Window) showCrash(c desktop.CrashReport) {
	text, err := c.Text()
	if err != nil {
		w.report(err)
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
	report := dialog.NewCustomWithoutButtons(i18n.T("crash.title"), container.NewBorder(about, path, nil, nil, grid), w.win)
	copied := widget.NewButton(i18n.T("crash.copy"), func() { w.copy(text) })
	copied.Importance = widget.HighImportance
	report.SetButtons([]fyne.CanvasObject{copied, widget.NewButton(i18n.T("close"), report.Hide)})
	size := w.win.Canvas().Size()
	report.Resize(fyne.NewSize(size.Width*0.8, size.Height*0.8))
	w.open(report)
}

// dismissCrashes: each report is offered once. The files stay.
func (w *Window) dismissCrashes() {
	for _, c := range w.crashes {
		_, _ = c.Dismiss() // else it is offered again
	}
	w.crashes = nil
}

// day is a date as it is written in sentences.
func day(t time.Time) string { return t.Local().Format(time.DateOnly) }
