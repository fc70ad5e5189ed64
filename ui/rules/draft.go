package rules

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/rules"
	"posthouse/ui/i18n"
)

// draft is what is edited and not saved: the lines, and those of the rule as they were when
// that began, "" for a new one.
type draft struct{ Text, Loaded string }

// draft is what would be lost now; its zero value where nothing would.
func (r *Room) draft() draft {
	if !r.unsaved() {
		return draft{}
	}
	return draft{r.text.Text, r.loaded}
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
			r.list.mark()
		}
	}, r.Window))
}

// selectRule has the rule edited that a person chose.
func (r *Room) selectRule(i int) {
	if i == r.at {
		r.head = -1
		r.list.mark()
		r.arm()
		return
	}
	r.unlessUnsaved(func() { r.choose(i) })
}

// choose has a rule edited, and shows it where its folder is folded.
func (r *Room) choose(i int) {
	if i < 0 || i >= len(r.blocks) {
		return
	}
	r.at, r.head, r.loaded = i, -1, r.block(i)
	if folder := r.set.Rules[i].Folder; r.State.folded(folder) {
		r.State.fold(folder, false)
		r.Remember()
		r.list.layOut()
	}
	r.text.SetText(r.loaded + "\n")
	r.check()
	r.list.mark()
}

// Choose has a rule edited, if it is there.
func (r *Room) Choose(i int) {
	r.tabs.Choose(tabRule)
	r.selectRule(i)
}

// begin edits a rule that is not in the file yet.
func (r *Room) begin(text string) {
	r.at, r.head, r.loaded = -1, -1, ""
	r.list.mark()
	r.text.SetText(text)
	r.check()
	r.tabs.Choose(tabRule)
	r.Window.Canvas().Focus(r.text)
}

// Begin edits the lines of a rule that is not in the file yet.
func (r *Room) Begin(text string) { r.unlessUnsaved(func() { r.begin(text) }) }

// resume goes on with what was left.
func (r *Room) resume(d draft) {
	r.begin(d.Text)
	for i := range r.blocks {
		if d.Loaded != "" && r.block(i) == d.Loaded {
			r.at, r.loaded = i, d.Loaded
			r.list.mark()
			r.arm()
			return
		}
	}
}

// check says whether what is edited could be a rule.
func (r *Room) check() {
	set, err := r.set.Draft([]byte(r.text.Text))
	if err == nil {
		if _, blocks := rules.Blocks([]byte(r.text.Text)); len(blocks) != 1 {
			err = errors.New(i18n.T("rules.single"))
		}
	}
	r.tell(r.wrong, err)
	r.file.follow(set)
	r.arm()
}

// arm enables what can be done.
func (r *Room) arm() {
	b := &r.buttons
	at := r.list.cursor()
	enable(b.save, r.wrong.Text == "" && strings.TrimSpace(r.text.Text) != r.loaded)
	enable(b.delete, at >= 0)
	for _, one := range [...]struct {
		button *widget.Button
		down   bool
	}{{b.up, false}, {b.down, true}} {
		can := false
		if at >= 0 {
			_, can = stepOf(r.lines, at, one.down)
		}
		enable(one.button, can)
	}
	enable(b.undo, len(r.State.edits.done) > 0)
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

// edit changes the file where its rules from one on and to before another are still those that a
// person sees; it says what kept it from that.
func (r *Room) edit(from, to int, change func(text []byte) ([]byte, error)) bool {
	var seen []string
	for i := max(from, 0); i < to && i < len(r.blocks); i++ {
		if i == r.at {
			seen = append(seen, r.loaded)
		} else {
			seen = append(seen, r.block(i))
		}
	}
	err := r.State.Edit(r.Controller.Rules(), func(text []byte) ([]byte, error) {
		_, now := rules.Blocks(text)
		for i, block := range seen {
			if from+i >= len(now) || strings.TrimSpace(string(now[from+i])) != block {
				return nil, errMeanwhile
			}
		}
		return change(text)
	})
	if errors.Is(err, errMeanwhile) && from <= r.at && r.at < to {
		r.at, r.loaded = -1, ""
	}
	r.Read()
	r.tellEdit(err)
	return err == nil
}

// tellEdit says why an edit was not made.
func (r *Room) tellEdit(err error) {
	switch {
	case err == nil:
		return
	case errors.Is(err, rules.ErrNotAlone):
		err = errors.New(i18n.T("rules.alone"))
	case errors.Is(err, errMeanwhile):
		err = errors.New(i18n.T("rules.meanwhile"))
	case errors.Is(err, errElsewhere):
		err = errors.New(i18n.T("rules.elsewhere"))
	}
	r.tell(r.wrong, err)
}

// keep writes what is edited into the file.
func (r *Room) keep() {
	if r.buttons.save.Disabled() {
		return
	}
	block, at := []byte(r.text.Text), r.at
	if !r.edit(at, at+1, func(text []byte) ([]byte, error) {
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

// Undo takes back what was done to the file last.
func (r *Room) Undo() { r.undo(false) }

// undo takes back what was done to the file last, or does it again.
func (r *Room) undo(again bool) {
	r.unlessUnsaved(func() {
		at := r.at
		err := r.State.edits.undo(r.Controller.Rules(), again)
		r.Read()
		switch {
		case len(r.blocks) == 0:
			r.begin(templates[0].text)
		default:
			r.choose(max(0, min(at, len(r.blocks)-1)))
		}
		r.tellEdit(err)
	})
}
