package ui

import (
	"strconv"

	"posthouse/app"
	"posthouse/app/settings"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	"posthouse/ui/list"
	"posthouse/ui/rules"
)

// ruled is what the window does with rules: the room where they are edited, and the sign in
// the status bar while some are in force. It belongs to the UI goroutine.
type ruled struct {
	*services
	report   func(error)
	selected func() (flow.Row, bool) // the row to try them with
	room     *rules.Room             // nil while it is closed
	draft    rules.Draft             // what was not saved when it was closed
	sign     *statusSign
	reveal   func(column string) // brings a column into sight when it is first used
}

func newRuled(s *services, report func(error), selected func() (flow.Row, bool), bar *statusBar, reveal func(string)) *ruled {
	r := &ruled{services: s, report: report, selected: selected, sign: bar.rules, reveal: reveal}
	r.sign.tapped = func() { r.open() }
	return r
}

// open opens the room, with what was left unsaved.
func (r *ruled) open() {
	if r.room != nil {
		return
	}
	r.room = rules.Open(rules.Deps{Window: r.win, Open: r.services.open, Controller: r.controller, Report: r.report,
		Row: r.selected, Mask: r.secrets.mask, Draft: r.draft, Copy: r.copy, Closed: func() {
			if r.room != nil {
				r.draft, r.room = r.room.Draft(), nil
			}
		}})
}

// tick shows how often rules were applied.
func (r *ruled) tick() {
	if r.room != nil {
		r.room.Tick()
	}
}

// toggle switches all rules.
func (r *ruled) toggle() {
	r.report(r.controller.Change(func(s *settings.Settings) { s.Rules.Enabled = !s.Rules.Enabled }))
}

// follow says how many rules are in force.
func (r *ruled) follow(app.Status) {
	n, text := 0, ""
	if held := r.controller.Rules(); held.Changing() {
		for _, c := range held.Set().Rules {
			if !c.Off {
				n++
				r.show(c.Mark != "", c.Note != "")
			}
		}
		text = i18n.N("rules.sign", n, strconv.Itoa(n))
	}
	r.sign.say(text)
	if r.room != nil {
		r.room.Read()
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
