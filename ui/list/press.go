package list

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/proxy/flow"
	"posthouse/ui/style"
)

// unseen is how long after a refresh a person cannot have seen it: it is painted some 50 ms
// later, and a hand takes longer than the rest. Who presses the button sooner means what
// was painted before.
const unseen = 100 * time.Millisecond

// press is what a button went down on.
type press struct {
	row    *row
	id     flow.ID
	at     fyne.Position
	button desktop.MouseButton
	held   fyne.KeyModifier // keys
	when   time.Time
}

// near reports whether a button that goes up may end a press: it may have gone down
// elsewhere since, of which the list is not told.
func (p *press) near(e *desktop.MouseEvent) bool {
	by := e.AbsolutePosition.Subtract(p.at)
	return p.id != 0 && p.button == e.Button && time.Since(p.when) < time.Second && max(by.X, -by.X, by.Y, -by.Y) < style.RowHeight
}

// painted is what a refresh replaced: the rows that were in sight, and where.
type painted struct {
	offset float32 // where the list was scrolled to
	first  int     // the place of the first row
	ids    []flow.ID
	until  time.Time
}

// notePainted keeps what is in sight, before a refresh.
func (l *List) notePainted() {
	first, count := l.Rows.inSight()
	l.before.offset, l.before.first, l.before.ids = l.Rows.GetScrollOffset(), first, l.before.ids[:0]
	for i := first; i < first+count; i++ {
		l.before.ids = append(l.before.ids, l.placed(i).id)
	}
}

// under is the exchange that was painted where a row now is, y below the row's top.
func (l *List) under(r *row, y float32, now time.Time) flow.ID {
	if now.Sub(l.before.until) >= unseen || l.Rows.GetScrollOffset() != l.offset {
		return r.id
	}
	place := float32(r.at)*style.RowHeight + y - l.offset
	i := int((l.before.offset+place)/style.RowHeight) - l.before.first
	if i < 0 || i >= len(l.before.ids) || l.before.ids[i] == 0 {
		return r.id
	}
	return l.before.ids[i]
}

// pressed is called as a button goes down on a row. The row that was painted there then is
// the one that is clicked, whatever comes until the button is up.
func (l *List) pressed(r *row, e *desktop.MouseEvent) {
	now := time.Now()
	l.press = press{r, l.under(r, e.Position.Y, now), e.AbsolutePosition, e.Button, e.Modifier, now}
}

// released is called as a button goes up on a row. The toolkit takes it for a click if
// it went down on the same object; the list may have been drawn with other ones meanwhile.
func (l *List) released(r *row, e *desktop.MouseEvent) {
	if l.press.row == r || !l.press.near(e) {
		return
	}
	if e.Button == desktop.MouseButtonSecondary {
		l.menu(r, e.AbsolutePosition)
	} else {
		l.tapped(r)
	}
}

// clicked is the exchange that a click on a row is for, and the keys held down with it.
func (l *List) clicked(r *row) (flow.ID, fyne.KeyModifier) {
	p := l.press
	l.press = press{}
	if p.id == 0 {
		return r.id, 0 // without a button, such as by a finger
	}
	return p.id, p.held
}
