package list

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"posthouse/proxy/flow"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// Bounds of what a tip shows of a text that its cell had to cut, in runes and lines.
const (
	tipLineRunes = 90
	tipLines     = 6
	tipBytes     = 4 * (tipLines + 1) * tipLineRunes // more than that many runes need
)

// MouseMoved tells the list where the pointer is, and notices when the pointer comes over a cell that has words of its
// own: the sign, and a text that was cut.
func (r *row) MouseMoved(e *desktop.MouseEvent) {
	r.host.hold(r, e.Position.Y, true)
	now := r.cellWithWords(e.Position.X)
	if now == r.over {
		return
	}
	r.leaveCell()
	if r.over = now; now < 0 {
		return
	}
	r.host.overCell(r.tipObject(now), true, func() string { return r.tip(now) })
}

// tipObject is what a column's cell draws, beside which its tip stands.
func (r *row) tipObject(column int) fyne.CanvasObject {
	switch columns[column].name {
	case signColumn:
		return r.sign.Picture
	case StarColumn:
		return r.star.Picture
	case MarkColumn:
		return r.color.Back
	case barColumn:
		return r.bar
	}
	return r.cells[column]
}

// tip is what the tip of a column's cell says: its own words or, where it has none, the
// note about the row.
func (r *row) tip(column int) (text string) {
	switch columns[column].name {
	case signColumn:
		text = uiwidget.SignOf(&r.row).Words()
	case MarkColumn:
		if r.row.Mark != flow.MarkNone {
			text = words.MarkText(r.row.Mark)
		}
	case NoteColumn:
	case statusColumn:
		if signed(&r.row) || r.cut(column) {
			text = statusTip(&r.row, r.full[column])
		}
	default:
		if r.cut(column) {
			text = tipText(r.full[column])
		}
	}
	if text == "" {
		text = noteTip(r.row.Note)
	}
	return text
}

// cut reports whether a cell shows less than its text.
func (r *row) cut(column int) bool {
	return !columns[column].drawn && r.cells[column].Text != r.full[column]
}

// noteTip is a note in the lines that a tip has room for.
func noteTip(note string) string {
	var lines []string
	for line := range strings.Lines(words.ShortText(note, tipBytes)) {
		lines = append(lines, strings.Split(tipText(words.VisibleText(strings.TrimRight(line, "\r\n"))), "\n")...)
	}
	if len(lines) > tipLines {
		lines = lines[:tipLines]
		lines[tipLines-1] += words.Ellipsis
	}
	return strings.Join(lines, "\n")
}

// cellWithWords is the column at x, if its cell has words for a tip; else -1.
func (r *row) cellWithWords(x float32) int {
	for i, p := range r.host.geometry().places {
		if p.width > 0 && x >= p.x && x < p.x+p.width && r.hasWords(i) {
			return i
		}
	}
	return -1
}

// hasWords reports whether a column's cell has words beside those that it shows. A note
// is told wherever the pointer rests.
func (r *row) hasWords(column int) bool {
	if r.row.Note != "" {
		return true
	}
	switch c := &columns[column]; {
	case c.name == signColumn:
		return true
	case c.name == MarkColumn:
		return r.row.Mark != flow.MarkNone
	case c.name == statusColumn && signed(&r.row):
		return true
	default:
		return r.cut(column)
	}
}

// statusColumn is where the list says that an answer was mended, and that a rule failed or delayed it.
const statusColumn = "status"

// signed reports whether the status has a sign that its tip explains.
func signed(r *flow.Row) bool { return r.Mended != 0 || words.RuleSign(r.Effects) != "" }

// statusTip is the status, what a rule failed at or delayed, and how its answer broke the rules.
func statusTip(row *flow.Row, text string) string {
	lines := append(words.RuleSignLines(row.Effects), words.MendedLines(row.Mended)...)
	if len(lines) == 0 {
		return tipText(text)
	}
	for i, line := range lines {
		lines[i] = tipText(line)
	}
	return strings.Join(lines, "\n")
}

func (r *row) leaveCell() {
	if r.over < 0 {
		return
	}
	o := r.tipObject(r.over)
	r.over = -1
	r.host.overCell(o, false, nil)
}

// tipText is a text, which a cell has drawn a part of, in lines that a tip has room for.
func tipText(text string) string {
	var lines []string
	runes := []rune(text)
	for len(runes) > 0 {
		if len(lines) == tipLines {
			lines[tipLines-1] += words.Ellipsis
			break
		}
		n := min(len(runes), tipLineRunes)
		lines = append(lines, string(runes[:n]))
		runes = runes[n:]
	}
	return strings.Join(lines, "\n")
}
