package ui

import (
	"errors"
	"time"

	"posthouse/app"
	"posthouse/app/desktop"
	"posthouse/app/settings"
	"posthouse/app/switches/systemproxy"
	"posthouse/ui/i18n"
	uisettings "posthouse/ui/settings"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// sourceKind is what a notice is about.
type sourceKind uint8

const (
	// Answers to what a person did: they stay until another takes their place, good news for
	// some seconds.
	ofApplying sourceKind = iota + 1
	ofPort
	ofLaunching
	ofSession
	ofComparing
	ofRefused // a command that cannot be done now
	ofMarking
	ofResending

	// What is wrong now.
	ofStart
	ofFile
	ofSaving
	ofSystem
	ofRepair
	ofHistory
	ofRules

	// What is to be known, each once.
	ofTray
	ofLogin
	ofFiles
	ofScript
	ofAutomatic
	ofUpstream
	ofDeadUpstream
	ofAuthority
	ofCrash
	ofLeft
)

// answers reports whether a notice answers what a person did.
func (k sourceKind) answers() bool { return k <= ofResending }

// source is where a notice comes from. Two notices of one source are the same: what a
// person has closed is not said again.
type source struct {
	kind  sourceKind
	what  string    // which of the kind, where there are several
	since time.Time // of the trouble, where it may come again
}

// notice is a line across the window: what it is about, and what can be done about it.
type notice struct {
	source source
	text   string
	remedy string // the word on the button; "" for none
	act    func()
	second string // the word on another button; "" for none
	other  func()
	good   bool   // nothing is wrong: it goes by itself
	done   func() // after it was closed or acted upon; nil: nothing
	gone   func() // it is no longer in sight; nil: nothing
}

// notices tell what is wrong and what is to be known: in the banner, and by notes of the
// desktop while the window is hidden. They belong to the UI goroutine.
type notices struct {
	*services
	banner *uiwidget.Banner
	notes  *deskNotes
	memory *memory

	system    SystemProxy
	login     uisettings.SystemEntry // nil: this system starts no program at login
	opens     uisettings.SystemEntry // nil: this system has no list of what opens files
	crashes   []desktop.CrashReport
	authority authorityNews
	trayGone  bool            // the window was shown because the tray went away
	seen      map[source]bool // in this run
	good      goodNews
	gone      func() // of what is in sight; nil for nothing

	usePort     func(int) // puts another port into force
	openSetting func(key string)
	openRules   func() // opens the room of the rules
	install     func() // opens the installation of the certificate
	changed     func() // has every part of the window follow the controller
}

func newNotices(s *services, m *memory, r *Resident, system SystemProxy, notes *deskNotes) *notices {
	n := &notices{services: s, memory: m, notes: notes, system: system, login: r.Login, opens: r.Files, crashes: r.Crashes,
		authority: authorityNews{trusted: r.Trusted}, banner: uiwidget.NewBanner(), seen: map[source]bool{},
		good: goodNews{after: goodNewsTime}}
	n.banner.OnClosed = func(key any) { n.closed(key.(source)) }
	return n
}

func (n *notices) show(one *notice) {
	if shown, _ := n.banner.Key.(source); shown != one.source || one.gone != nil {
		n.left()
	}
	n.gone = one.gone
	n.banner.Show(one.source, one.text, one.remedy, one.act)
	n.banner.Offer(one.second, one.other)
	if one.good {
		n.banner.Calm()
	}
	n.good.shown(one.good, n.do, func() {
		if n.banner.Key == one.source { // else it was closed
			n.left()
			n.banner.Clear()
			n.follow(n.controller.Status()) // what it has covered
		}
	})
}

// answer says what came of something that a person did, also what was closed before.
func (n *notices) answer(one notice) {
	n.banner.Closed = nil
	n.show(&one)
}

// left says that what was in sight no longer is.
func (n *notices) left() {
	if gone := n.gone; gone != nil {
		n.gone = nil
		gone()
	}
}

// withdraw takes away the answer to one of these.
func (n *notices) withdraw(kinds ...sourceKind) {
	shown, _ := n.banner.Key.(source)
	for _, k := range kinds {
		if shown.kind == k {
			n.left()
			n.banner.Clear()
		}
	}
}

// follow keeps the banner on what is wrong now, or else on what is to be known.
func (n *notices) follow(status app.Status) {
	n.notes.follow(status, n.system.Status())
	if one := n.trouble(status); one != nil {
		n.show(one)
		return
	}
	for _, one := range n.news() {
		if !n.seen[one.source] {
			shown := one
			chosen := func(act func()) func() {
				return func() {
					n.seen[one.source] = true
					act()
					if one.done != nil {
						one.done()
					}
					n.changed()
				}
			}
			shown.act, shown.other = chosen(one.act), chosen(one.other)
			n.show(&shown)
			return
		}
	}
	if shown, ok := n.banner.Key.(source); ok && !shown.kind.answers() {
		n.banner.Clear()
	}
}

// trouble is what is wrong now, nil for nothing.
func (n *notices) trouble(status app.Status) *notice {
	var bind *app.BindError
	problem, unsaved := n.controller.SettingsProblem(), n.controller.Unsaved()
	switch {
	case status.State == app.Failed && errors.As(status.Err, &bind):
		return n.bindNotice(source{kind: ofStart, since: status.Since}, bind, n.controller.Start)
	case status.State == app.Failed && status.Err != nil:
		return &notice{source: source{kind: ofStart, since: status.Since}, text: i18n.T("start.failed", words.ReasonText(status.Err)),
			remedy: i18n.T("start.again"), act: n.controller.Start}
	case problem != nil:
		return n.fileTrouble(problem)
	case unsaved != nil:
		return &notice{source: source{kind: ofSaving, what: unsaved.Error()}, text: troubleText(unsaved)}
	}
	if one := n.systemTrouble(); one != nil {
		return one
	}
	if one := n.rulesTrouble(); one != nil {
		return one
	}
	return n.historyTrouble()
}

// bindNotice says why an address cannot be bound, and offers another port, and to try again where that is known how.
func (n *notices) bindNotice(from source, bind *app.BindError, again func()) *notice {
	one := &notice{source: from, text: words.BindText(bind)}
	if bind.Suggest != 0 {
		one.remedy, one.act = i18n.T("bind.suggest", bind.Suggest), func() { n.usePort(bind.Suggest) }
	}
	switch {
	case again == nil:
	case one.remedy == "":
		one.remedy, one.act = i18n.T("system.again"), again
	default:
		one.second, one.other = i18n.T("system.again"), again
	}
	return one
}

// fileTrouble says why the settings file is not in force. Only where it cannot be read is it at fault, and another
// one helps; else something is in the way of what it asks for, such as a port that is taken.
func (n *notices) fileTrouble(problem error) *notice {
	var file *settings.FileError
	var bind *app.BindError
	from, again := source{kind: ofFile, what: problem.Error()}, func() {
		app.RetryFile(n.controller)
		n.changed()
	}
	one := &notice{source: from, text: troubleText(problem), remedy: i18n.T("system.again"), act: again}
	switch {
	case errors.As(problem, &file):
		one.remedy, one.act = i18n.T("file.replace"), n.replaceFile
		return one
	case errors.As(problem, &bind):
		one = n.bindNotice(from, bind, again)
	}
	one.text = i18n.T("file.refused") + "\n" + one.text
	return one
}

// systemTrouble says what is to be known of the system proxy, each once.
func (n *notices) systemTrouble() *notice {
	s := n.system.Status()
	one := notice{source: source{kind: ofSystem, what: string(s.Phase), since: s.Since}}
	switch {
	case s.Phase == systemproxy.Taken:
		one.text, one.remedy = i18n.T("system.taken.text"), i18n.T("system.taken.back")
		one.act = func() { n.system.Set(true) }
	case s.Phase == systemproxy.Failed:
		one.text, one.remedy = i18n.T("system.failed.text", words.ReasonText(s.Err)), i18n.T("system.again")
		one.act = func() { n.system.Set(s.Retry) }
	case s.Phase == systemproxy.Unavailable && s.Err != nil:
		one.text = i18n.T("system.unavailable.text")
	case !s.Repaired.IsZero():
		one.source, one.text = source{kind: ofRepair}, i18n.T("system.repaired")+"\n"+words.Reason(s.Repaired)
	default:
		return nil
	}
	if n.seen[one.source] {
		return nil
	}
	return &one
}

// closed remembers what a person has closed, where that is said once.
func (n *notices) closed(from source) {
	n.left()
	switch {
	case from.kind == ofHistory || from.kind == ofRules:
		n.seen[from] = true
		n.changed()
	case from.kind == ofSystem || from.kind == ofRepair:
		n.seen[from], n.seen[source{kind: ofRepair}] = true, true
	case from.kind >= ofTray:
		n.seen[from] = true
		for _, one := range n.news() {
			if one.source == from && one.done != nil {
				one.done()
			}
		}
		n.changed()
	}
}

// report says what became of settings that were applied.
func (n *notices) report(err error) {
	var bind *app.BindError
	switch {
	case app.InForce(err): // follow says what could not be saved
		n.banner.Closed = nil
		n.withdraw(ofApplying, ofPort)
	case errors.As(err, &bind):
		n.answer(*n.bindNotice(source{kind: ofApplying}, bind, nil))
	default:
		n.answer(notice{source: source{kind: ofApplying}, text: troubleText(err)})
	}
}

// replaceFile keeps the damaged settings file under another name.
func (n *notices) replaceFile() {
	kept, err := n.controller.ReplaceBadFile()
	n.report(err)
	if err == nil && kept != "" {
		n.inform("Posthouse", i18n.T("file.replaced", kept))
	}
	n.changed()
}

// troubleText is a problem of the app in the window's language.
func troubleText(err error) string {
	text, _ := words.ProblemText(err)
	return text
}
