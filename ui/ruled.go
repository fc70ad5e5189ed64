package ui

import (
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	"posthouse/ui/rail"
	"posthouse/ui/rules"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// ruled is what the window does with rules: the room where they are edited, the dot at it, and the
// sign in the status bar while some are in force. It belongs to the UI goroutine.
type ruled struct {
	*services
	rooms    *rooms
	report   func(error)
	selected func() (flow.Row, bool) // the row to try them with
	memory   *memory
	room     *rules.Room // nil until it is needed
	sign     *statusSign
	changed  func()                  // what can be done now may have changed
	reveal   func(column string)     // brings a column into sight when it is first used
	opener   func(path string) error // has the desktop open a file
}

func newRuled(w *Window, selected func() (flow.Row, bool)) *ruled {
	r := &ruled{services: w.services, rooms: w.rooms, report: w.notices.report, selected: selected, memory: w.memory, sign: w.status.rules,
		changed: w.syncCommandsSoon, reveal: w.rows.marks.reveal, opener: openFile}
	r.sign.tapped = r.open
	return r
}

// open goes to the room, which is as it was left.
func (r *ruled) open() { r.rooms.show(roomRules) }

// inRoom is the room, made when it is first needed.
func (r *ruled) inRoom() *rules.Room {
	if r.room == nil {
		r.room = rules.New(rules.Deps{Window: r.win, Context: r.ctx, Open: r.services.open, Shortcut: r.rooms.w.shortcut,
			Leave: func() { r.rooms.show(roomTraffic) }, Controller: r.controller, Report: r.report, Row: r.selected, Mask: r.secrets.mask,
			Copy: r.copy, Files: r.files, Inform: r.inform, Work: r.work, Changed: r.changed,
			Reader: func() func(flow.ID) (flow.Exchange, bool) {
				from := r.tiers
				return func(id flow.ID) (flow.Exchange, bool) { return r.secrets.exchange(from.Get(id)) }
			},
			OpenFile: r.openFile, Folded: r.memory.FoldedRules,
			Remember: func(folded []string) {
				r.memory.FoldedRules = folded
				r.memory.save()
			}})
	}
	return r.room
}

// openFile has the desktop open a file or a folder, and says why it did not.
func (r *ruled) openFile(path string) {
	r.work(func() func() {
		err := r.opener(path)
		return func() {
			if err != nil {
				r.inform(i18n.T("room.rules"), i18n.T("rules.file.failed", visible.Text(path), words.ReasonText(err)))
			}
		}
	})
}

// openFile has the desktop open a file or a folder.
func openFile(path string) error {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // of a drive of Windows
	}
	return fyne.CurrentApp().OpenURL(&url.URL{Scheme: "file", Path: path})
}

// tick shows how often rules were applied, and what they would do to what is selected now.
func (r *ruled) tick() {
	if r.room != nil {
		r.room.Tick()
	}
}

// toggle switches all rules.
func (r *ruled) toggle() {
	r.report(r.controller.Change(func(s *settings.Settings) { s.Rules.Enabled = !s.Rules.Enabled }))
}

// inForce reports whether rules are on, and how many change what passes.
func (r *ruled) inForce() (on bool, changing int) {
	held := r.controller.Rules()
	if on = r.controller.Settings().Rules.Enabled; !held.Changing() {
		return on, 0
	}
	for _, c := range held.Set().Rules {
		if !c.Off {
			changing++
		}
	}
	return on, changing
}

// follow says how many rules are in force.
func (r *ruled) follow(app.Status) {
	text := ""
	if _, n := r.inForce(); n > 0 {
		for _, c := range r.controller.Rules().Set().Rules {
			if !c.Off {
				r.show(c.Mark != "", c.Note != "")
			}
		}
		text = i18n.N("rules.sign", n, strconv.Itoa(n))
	}
	r.sign.say(text)
	r.rooms.rail.SetBadge(roomRules, rail.Badge{Dot: text != ""})
	if r.room != nil {
		r.room.Follow()
	}
}

// retranslate puts all words of the room in the language in force.
func (r *ruled) retranslate() {
	if r.room != nil {
		r.room.Retranslate()
	}
}

// secretsChanged follows whether secrets are hidden.
func (r *ruled) secretsChanged() {
	if r.room != nil {
		r.room.Follow()
	}
}

// show shows the columns of what a rule says of rows.
func (r *ruled) show(marks, notes bool) {
	if marks {
		r.reveal(list.MarkColumn)
	}
	if notes {
		r.reveal(list.NoteColumn)
	}
}

// rulesTrouble says what is wrong with the file of rules.
func (n *notices) rulesTrouble() *notice {
	err := n.controller.Rules().Problem()
	if err == nil {
		return nil
	}
	from := source{kind: ofRules, what: err.Error()}
	if n.seen[from] {
		return nil
	}
	return &notice{source: from, text: i18n.T("rules.problem", rules.ProblemText(err)), remedy: i18n.T("rules.notice.show"),
		act: n.openRules}
}
