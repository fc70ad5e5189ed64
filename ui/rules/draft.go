package rules

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/rules"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
)

// Draft is what is edited and not saved: the lines, and those of the rule as they were when
// that began, "" for a new one.
type Draft struct{ Text, Loaded string }

// Draft is what would be lost now; its zero value where nothing would.
func (r *Room) Draft() Draft {
	if !r.unsaved() {
		return Draft{}
	}
	return Draft{r.text.Text, r.loaded}
}

// unsaved reports whether something was typed that the file does not have.
func (r *Room) unsaved() bool {
	text := strings.TrimSpace(r.text.Text)
	for _, t := range templates {
		if r.at < 0 && text == strings.TrimSpace(t.text) {
			return false
		}
	}
	return text != "" && text != r.loaded
}

// unlessUnsaved does what would take the place of what is edited, asking where that would be lost.
func (r *Room) unlessUnsaved(do func()) {
	if !r.unsaved() {
		do()
		return
	}
	r.Open(dialog.NewConfirm(i18n.T("rules.discard"), i18n.T("rules.discard.text"), func(yes bool) {
		if yes {
			do()
		} else {
			r.mark()
		}
	}, r.Window))
}

// mark selects the rule that is edited in the list.
func (r *Room) mark() {
	if r.at < 0 {
		r.list.UnselectAll()
	} else {
		r.list.Select(r.at)
	}
}

// selected has the rule edited that a person chose.
func (r *Room) selected(i widget.ListItemID) {
	if i != r.at {
		r.unlessUnsaved(func() { r.choose(i) })
	}
}

// choose has a rule edited.
func (r *Room) choose(i int) {
	if i < 0 || i >= len(r.blocks) {
		return
	}
	r.at, r.loaded = i, strings.TrimSpace(string(r.blocks[i]))
	r.text.SetText(r.loaded + "\n")
	r.check()
	r.mark()
}

// begin edits a rule that is not in the file yet.
func (r *Room) begin(text string) {
	r.at, r.loaded = -1, ""
	r.mark()
	r.text.SetText(text)
	r.check()
	r.Window.Canvas().Focus(r.text)
}

// resume goes on with what was left.
func (r *Room) resume(d Draft) {
	r.begin(d.Text)
	for i, block := range r.blocks {
		if d.Loaded != "" && strings.TrimSpace(string(block)) == d.Loaded {
			r.at, r.loaded = i, d.Loaded
			r.mark()
			r.arm()
			return
		}
	}
}

// check says whether what is edited could be a rule.
func (r *Room) check() {
	_, err := rules.Load("", []byte(r.text.Text), "")
	if err == nil {
		if _, blocks := rules.Blocks([]byte(r.text.Text)); len(blocks) != 1 {
			err = errors.New(i18n.T("rules.single"))
		}
	}
	r.tell(r.wrong, err)
	r.arm()
}

// arm enables what can be done.
func (r *Room) arm() {
	enable(r.save, r.wrong.Text == "" && strings.TrimSpace(r.text.Text) != r.loaded)
	enable(r.remove, r.at >= 0)
	enable(r.up, r.at > 0)
	enable(r.down, r.at >= 0 && r.at+1 < len(r.blocks))
}

func enable(b *widget.Button, on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// errMeanwhile says that somebody else has changed the rule.
var errMeanwhile = errors.New("the rule was changed meanwhile")

// edit changes the file where its n-th rule, from 0, is still the one that a person sees, -1 for
// none; it says what kept it from that.
func (r *Room) edit(n int, change func(text []byte) ([]byte, error)) bool {
	seen := ""
	if n >= 0 && n < len(r.blocks) {
		seen = strings.TrimSpace(string(r.blocks[n]))
	}
	if n >= 0 && n == r.at {
		seen = r.loaded
	}
	err := r.Controller.Rules().Edit(func(text []byte) ([]byte, error) {
		if n >= 0 {
			if _, now := rules.Blocks(text); n >= len(now) || strings.TrimSpace(string(now[n])) != seen {
				return nil, errMeanwhile
			}
		}
		return change(text)
	})
	switch {
	case errors.Is(err, rules.ErrNotAlone):
		err = errors.New(i18n.T("rules.alone"))
	case errors.Is(err, errMeanwhile):
		err = errors.New(i18n.T("rules.meanwhile"))
		if n == r.at {
			r.at, r.loaded = -1, ""
		}
	}
	r.Read()
	if err != nil {
		r.tell(r.wrong, err)
	}
	return err == nil
}

// turn switches a rule on or off. What is edited of it stays.
func (r *Room) turn(i int, on bool) {
	unsaved := r.unsaved()
	switch done := r.edit(i, func(text []byte) ([]byte, error) { return rules.SetOff(text, i, !on) }); {
	case !done || i != r.at:
	case unsaved:
		r.loaded = strings.TrimSpace(string(r.blocks[i]))
	default:
		r.choose(i)
	}
}

// keep writes what is edited into the file.
func (r *Room) keep() {
	block, at := []byte(r.text.Text), r.at
	if !r.edit(at, func(text []byte) ([]byte, error) {
		if at < 0 {
			return rules.Append(text, block)
		}
		return rules.ReplaceBlock(text, at, block)
	}) {
		return
	}
	if at < 0 {
		at = len(r.blocks) - 1
	}
	r.choose(at)
}

// ask asks whether a rule is to be taken out.
func (r *Room) ask() {
	at := r.at
	name := r.set.Rules[at].Label()
	r.Open(dialog.NewConfirm(i18n.T("rules.delete"), i18n.T("rules.delete.text", visible.Text(name)), func(yes bool) {
		if yes && r.edit(at, func(text []byte) ([]byte, error) { return rules.ReplaceBlock(text, at, nil) }) {
			if len(r.blocks) == 0 {
				r.begin(templates[0].text)
			} else {
				r.choose(min(at, len(r.blocks)-1))
			}
		}
	}, r.Window))
}

// move puts the rule before or behind its neighbour.
func (r *Room) move(by int) {
	at := r.at
	r.unlessUnsaved(func() {
		if r.edit(at, func(text []byte) ([]byte, error) { return rules.Move(text, at, at+by) }) {
			r.choose(at + by)
		}
	})
}
