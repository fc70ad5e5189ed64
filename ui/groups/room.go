// Package groups is the room where requests are put together that are sent in order, where
// values of one answer fill the requests behind it. It lies over the window as a dialog. What
// is put together is kept in a file; see package app/groups, which holds it. A group that
// runs goes on while its row of Traffic is looked at, and ends when the room is closed.
//
// The room belongs to the UI goroutine. Sending and the file are worked on beside it.
package groups

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"

	"posthouse/app/compose"
	"posthouse/app/groups"
	"posthouse/app/repeat"
	"posthouse/proxy/flow"
	"posthouse/proxy/outgoing"
	uicompose "posthouse/ui/compose"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/words"
)

// Deps is what the room needs of the window.
type Deps struct {
	Window   fyne.Window
	Context  context.Context                                         // ends when the window is closed
	Do       func(func())                                            // has the UI goroutine call a function
	Work     func(slow func() func())                                // runs slow beside the UI goroutine, and what that returns on it
	Open     func(dialog.Dialog)                                     // shows a dialog so that Escape closes it
	OpenFile func(o filedialog.Options, chosen func(paths []string)) // asks for files
	Copy     func(text string)
	Send     func(context.Context, outgoing.Message) (*outgoing.Sending, error)
	Answers  func() repeat.Answers              // where what passes now is read
	Tabs     func() []*compose.Draft            // the requests of Compose that can be sent, of the room's own
	Rows     func() int                         // rows that are selected in Traffic
	AddRows  func(add func(d []*compose.Draft)) // makes requests of those
	Compare  func(a, b flow.ID)                 // shows two exchanges side by side
	Reveal   func(flow.ID)                      // goes to a row of the list
	Hidden   func() bool                        // secrets are hidden
	Path     string                             // where groups are kept; "" nowhere
}

// Room is the room, which stays while its dialog is closed.
type Room struct {
	deps   Deps
	groups []*groups.Group
	now    *groups.Group
	at     int              // the request that is chosen; -1 for none
	undo   [][]*groups.Step // the order of the group in sight as it was, the newest last; at most maxUndo
	gone   *groups.Group    // that was deleted last

	sheet *sheet // nil while it is closed
	run   *run   // that is under way, or was last; nil for none

	keeper *uicompose.Keeper[*groups.Kept]
}

// maxUndo bounds what can be taken back.
const maxUndo = 50

// New makes the room. What was kept is read when it is first opened.
func New(deps Deps) *Room {
	r := &Room{deps: deps, now: groups.New()}
	r.groups = []*groups.Group{r.now}
	r.keeper = newKeeper(r)
	return r
}

// Open opens the dialog.
func (r *Room) Open() {
	if r.sheet != nil {
		return
	}
	r.sheet = newSheet(r)
	r.keeper.Ask()
	r.show()
	r.sheet.focus()
}

// Compose opens the dialog with a new group of requests.
func (r *Room) Compose(drafts []*compose.Draft) {
	r.Open()
	r.add(groups.New(drafts...))
	if len(drafts) > groups.MaxSteps {
		r.tell(i18n.T("groups.steps.many", groups.MaxSteps))
	}
}

// Running reports whether a group is under way.
func (r *Room) Running() bool { return r.run != nil && r.run.cancel != nil }

func untouched(g *groups.Group) bool { return g.Name == "" && len(g.Steps) == 0 }

// add puts a group behind the others, or in the place of an empty one.
func (r *Room) add(g *groups.Group) {
	switch {
	case untouched(r.now):
		r.groups[slices.Index(r.groups, r.now)] = g
	case len(r.groups) >= groups.MaxGroups:
		r.tell(i18n.T("groups.many", groups.MaxGroups))
		return
	default:
		r.groups = append(r.groups, g)
	}
	r.choose(g)
	r.touch()
	r.show()
}

// choose has another group be in sight.
func (r *Room) choose(g *groups.Group) {
	r.now, r.undo, r.at = g, nil, min(0, len(g.Steps)-1)
}

// duplicate makes another group of the one in sight.
func (r *Room) duplicate() {
	g := r.now.Clone()
	if g.Name != "" {
		g.Name = cutName(i18n.T("groups.copy.of", g.Name))
	}
	r.add(g)
}

// cutName is as much of a name as is kept.
func cutName(name string) string {
	if len(name) > groups.MaxName {
		name = name[:words.RuneStart(name, groups.MaxName)]
	}
	return name
}

// remove deletes the group in sight, which can be had back.
func (r *Room) remove() {
	at := slices.Index(r.groups, r.now)
	if !untouched(r.now) {
		r.gone = r.now
	}
	r.groups = slices.Delete(r.groups, at, at+1)
	if len(r.groups) == 0 {
		r.groups = []*groups.Group{groups.New()}
	}
	r.choose(r.groups[min(at, len(r.groups)-1)])
	r.touch()
	r.show()
}

// restore has the group back that was deleted last.
func (r *Room) restore() {
	if g := r.gone; g != nil && len(r.groups) < groups.MaxGroups {
		r.gone = nil
		r.add(g)
	}
}

// step is the request that is chosen, nil for none.
func (r *Room) step() *groups.Step {
	if r.at < 0 || r.at >= len(r.now.Steps) {
		return nil
	}
	return r.now.Steps[r.at]
}

// before notes the order of the requests before it changes.
func (r *Room) before() {
	r.undo = append(r.undo, slices.Clone(r.now.Steps))
	r.undo = r.undo[max(0, len(r.undo)-maxUndo):]
}

// back takes back what changed the order last. What was edited since stays.
func (r *Room) back() {
	n := len(r.undo)
	if n == 0 {
		return
	}
	r.now.Steps, r.undo = r.undo[n-1], r.undo[:n-1]
	r.at = min(max(r.at, 0), len(r.now.Steps)-1)
	r.touch()
	r.show()
}

// append adds requests to the group in sight.
func (r *Room) append(drafts []*compose.Draft) {
	if len(drafts) == 0 {
		return
	}
	r.before()
	n := r.now.Add(drafts...)
	r.at = len(r.now.Steps) - 1
	r.touch()
	r.show()
	if n < len(drafts) {
		r.tell(i18n.T("groups.steps.many", groups.MaxSteps))
	}
}

// move puts the request that is chosen, or is dragged, before another place.
func (r *Room) move(from, before int) {
	if from < 0 || from >= len(r.now.Steps) || before < 0 || before > len(r.now.Steps) || before == from || before == from+1 {
		return
	}
	r.before()
	r.at = r.now.Move(from, before)
	r.touch()
	r.show()
}

// drop takes the request that is chosen out.
func (r *Room) drop() {
	if r.step() == nil {
		return
	}
	r.before()
	r.now.Remove(r.at)
	r.at = min(r.at, len(r.now.Steps)-1)
	r.touch()
	r.show()
}

// show shows the state of all.
func (r *Room) show() {
	if r.sheet != nil {
		r.sheet.show()
	}
}

// tell says what is to be known, beside what is to be said of the file.
func (r *Room) tell(lines ...string) {
	if r.sheet != nil {
		r.sheet.tell(append(slices.Clone(r.keeper.Loss), lines...))
	}
}

// SecretsChanged follows whether secrets are hidden.
func (r *Room) SecretsChanged() {
	r.show()
	if s := r.sheet; s != nil && s.results.At() >= 0 && r.Running() {
		s.say(r.detail(s.results.At())) // what it says of a line has values
	}
}

// errorText is an error in the window's language.
func errorText(err error) string { return words.ReasonText(err) }
