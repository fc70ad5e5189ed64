package ui

import (
	"time"

	"posthouse/app"
	"posthouse/app/desktop/notify"
	"posthouse/app/settings"
	"posthouse/proxy/breakpoints"
	"posthouse/proxy/flow"
	"posthouse/ui/breaks"
	"posthouse/ui/i18n"
	"posthouse/ui/rail"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// waitingRoom is what the window does with messages that wait: their room, the number at it, the
// sign in the status bar, what the tray says, and a note of the desktop while the window is
// hidden. It never takes the focus and never shows the window. It belongs to the UI goroutine.
type waitingRoom struct {
	w     *Window
	deps  breaks.Deps
	room  *breaks.Room
	queue *breakpoints.Queue
	timer *time.Timer // while something waits: it counts down
	told  time.Time   // when the last note was shown
	last  uint64      // the newest message that it told of
	tray  string      // what the tray says
	shown time.Time   // since when
}

func newWaitingRoom(w *Window) *waitingRoom {
	r := &waitingRoom{w: w, queue: w.controller.Breakpoints()}
	r.deps = breaks.Deps{
		Window: w.win, Queue: r.queue, Work: w.work, Open: w.open, OpenFile: w.files.Open,
		Copy: w.copy, Shortcut: w.shortcut, On: r.on, Turn: r.turn,
		Hidden: w.secrets.hidden, Mask: w.secrets.mask, Next: r.next,
		Reveal: func(id flow.ID) {
			w.rooms.show(roomTraffic)
			w.tabs.show(w.tabs.live())
			finding{w}.goTo(id)
		},
	}
	r.room = breaks.New(r.deps)
	w.status.waiting.tapped = r.show
	return r
}

// subscribe has the room follow the queue: messages wait only while it does.
func (r *waitingRoom) subscribe() *subscription {
	watch := r.queue.Watch()
	return subscribe(watch.C, watch.Close, func() { r.w.do(r.changed) })
}

func (r *waitingRoom) on() bool { return r.w.controller.Settings().Breakpoints.Enabled }

// turn switches breakpoints, and saves that it did.
func (r *waitingRoom) turn(on bool) {
	r.w.notices.report(r.w.controller.Change(func(s *settings.Settings) { s.Breakpoints.Enabled = on }))
	r.changed()
}

// panic has everything go now, and switches breakpoints off.
func (r *waitingRoom) panic() {
	r.queue.Panic()
	r.turn(false)
}

func (r *waitingRoom) show() { r.w.rooms.show(roomWaiting) }

// next asks what is to break next, beginning with the rows that are selected in the list. In another
// room they are out of sight: any request is meant there.
func (r *waitingRoom) next() {
	if !r.w.rooms.traffic() {
		breaks.AskNext(r.deps, nil, "")
		return
	}
	var rows []flow.Row
	for _, id := range r.w.list.Selection() {
		if row, ok := r.w.tiers.Row(id); ok && row.Kind != flow.KindTunnel && len(rows) < breaks.MaxLike {
			rows = append(rows, row)
		}
	}
	breaks.AskNext(r.deps, rows, "")
}

// changed shows what waits now.
func (r *waitingRoom) changed() {
	r.room.Follow()
	r.tell()
	r.w.syncCommandsSoon()
}

// follow shows what the settings say.
func (r *waitingRoom) follow(app.Status) { r.changed() }

// tell says everywhere how much waits.
func (r *waitingRoom) tell() {
	n := r.queue.Waiting()
	r.w.rooms.rail.SetBadge(roomWaiting, rail.Badge{Number: n, Dot: n == 0 && r.queue.Armed()})
	text := ""
	if n > 0 {
		text = i18n.N("breaks.sign", n, words.CountText(n))
	}
	r.w.status.waiting.say(text)
	r.note(n)
	if t := r.w.residency.tray; t != nil && ((text == "") != (r.tray == "") || time.Since(r.shown) >= time.Second) {
		r.tray, r.shown = text, time.Now() // its menu is made anew for that
		t.Show(r.w.controller.Status())
	}
	if n > 0 && r.timer == nil {
		r.timer = time.AfterFunc(time.Second, func() { r.w.do(r.tick) })
	}
}

// tick counts down while something waits.
func (r *waitingRoom) tick() {
	r.timer = nil
	r.room.Tick()
	r.tell()
}

// close ends the countdown.
func (r *waitingRoom) close() {
	if r.timer != nil {
		r.timer.Stop()
	}
}

func (r *waitingRoom) retranslate() {
	r.room.Retranslate()
	r.tell()
}

// trayText is what the tray says; it follows once a second at most.
func (r *waitingRoom) trayText() string { return r.tray }

// nextLike asks what is to break next, beginning with a row.
func (r *waitingRoom) nextLike(row *flow.Row) { breaks.AskNext(r.deps, []flow.Row{*row}, "") }

// nextOf asks what is to break next, beginning with a filter.
func (r *waitingRoom) nextOf(filter string) { breaks.AskNext(r.deps, nil, filter) }

const (
	waitingTopic = "waiting"
	notePace     = 10 * time.Second // between two notes of what waits
)

// note tells of what waits while the window is hidden, at most once in a while, and takes that
// back when nothing waits or the window is there.
func (r *waitingRoom) note(n int) {
	notes := r.w.notices.notes
	if n == 0 || !notes.hidden {
		if r.last != 0 && !r.told.IsZero() {
			notes.notes.Withdraw(waitingTopic)
		}
		r.last = 0
		return
	}
	list := r.queue.List()
	if len(list) == 0 || list[len(list)-1].ID <= r.last || time.Since(r.told) < notePace {
		return
	}
	newest := list[len(list)-1]
	r.last, r.told = newest.ID, time.Now()
	row := r.w.secrets.mask(&newest.Row)
	notes.notes.Show(notify.Note{Topic: waitingTopic, Title: i18n.N("breaks.note", n, words.CountText(n)),
		Body: visible.Text(row.Method + " " + words.ShortText(row.URL(), 120)), Expire: time.Until(newest.Until)})
}

// ShowSoon has the window shown and raised, where the note of the desktop leads that a person has
// clicked, "" for none; it may be called from any goroutine.
func (w *Window) ShowSoon(note string) {
	w.do(func() {
		if w.Show(); note == waitingTopic {
			w.rooms.waiting.show()
		}
	})
}
