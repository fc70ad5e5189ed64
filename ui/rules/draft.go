package rules

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/rules"
	"posthouse/ui/i18n"
)

// Unsaved reports whether something was typed that the file does not have.
func (r *Room) Unsaved() bool {
	text := strings.TrimSpace(r.text.Text)
	for _, t := range Templates {
		if r.at < 0 && text == strings.TrimSpace(t.Text) {
			return false
		}
	}
	return text != "" && text != r.loaded
}

// unlessUnsaved does what would take the place of what is edited, asking where that would be lost.
func (r *Room) unlessUnsaved(do func()) {
	if !r.Unsaved() {
		do()
		return
	}
	seen := r.blocks
	r.Open(dialog.NewConfirm(i18n.T("rules.discard"), i18n.T("rules.discard.text"), func(yes bool) {
		switch {
		case !yes:
			r.list.mark()
		case !sameBlocks(seen, r.blocks): // what was to be done may be to another rule by now
			r.tell(r.wrong, mistake("rules.discard.elsewhere"))
		default:
			do()
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
	if folder := r.set.Rules[i].Folder; r.folded.has(folder) {
		r.fold(folder, false)
	}
	r.text.SetText(r.loaded + "\n")
	r.check()
	r.list.mark()
}

// fold shows the rules of a folder, or hides them, and has that remembered.
func (r *Room) fold(folder string, on bool) {
	r.folded.set(folder, on)
	r.Remember(r.folded)
	r.list.layOut()
}

// relocate finds the rule that is edited, which was the at-th, among the lines that the file has
// now: others may have come before it. Of one that was changed elsewhere its lines are shown, unless
// something was typed: then that is told when it is saved.
func (r *Room) relocate(at int) {
	if at < 0 || len(r.blocks) != len(r.rules()) { // somebody writes the file: the next look tells
		return
	}
	r.at = at
	if r.at >= len(r.blocks) || r.block(r.at) != r.loaded {
		for i := range r.blocks {
			if r.block(i) == r.loaded {
				r.at = i
				r.list.mark()
				return
			}
		}
	}
	unsaved := r.Unsaved()
	switch r.at = min(r.at, len(r.blocks)-1); {
	case unsaved:
	case r.at < 0:
		r.fresh(Templates[0].Text)
	case r.block(r.at) != r.loaded:
		r.choose(r.at)
	}
}

// Choose has a rule edited, if it is there.
func (r *Room) Choose(i int) {
	r.tabs.Choose(tabRule)
	r.selectRule(i)
}

// fresh shows the lines of a rule that is not in the file yet.
func (r *Room) fresh(text string) {
	r.at, r.head, r.loaded = -1, -1, ""
	r.list.mark()
	r.text.SetText(text)
	r.check()
}

// begin edits a rule that is not in the file yet.
func (r *Room) begin(text string) {
	r.fresh(text)
	r.tabs.Choose(tabRule)
	r.Window.Canvas().Focus(r.text)
}

// Begin edits the lines of a rule that is not in the file yet.
func (r *Room) Begin(text string) { r.unlessUnsaved(func() { r.begin(text) }) }

// check says whether what is edited could be a rule.
func (r *Room) check() {
	set, err := r.set.Draft([]byte(r.text.Text))
	if err == nil {
		if _, blocks := rules.Blocks([]byte(r.text.Text)); len(blocks) != 1 {
			err = mistake("rules.single")
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
	enable(b.undo, len(r.edits.done) > 0)
	r.Changed()
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
	for i := max(from, 0); i < to; i++ {
		switch {
		case i == r.at:
			seen = append(seen, r.loaded)
		case i < len(r.blocks):
			seen = append(seen, r.block(i))
		}
	}
	known := len(seen) == to-max(from, 0) // else the file is another than the rules in sight
	err := r.edits.make(r.Controller.Rules(), func(text []byte) ([]byte, error) {
		if !known {
			return nil, errMeanwhile
		}
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
	if err != nil {
		r.tell(r.wrong, notMade(err))
	}
	return err == nil
}

// notMade says why an edit was not made.
func notMade(err error) error {
	switch {
	case errors.Is(err, rules.ErrNotAlone):
		return mistake("rules.alone")
	case errors.Is(err, errMeanwhile):
		return mistake("rules.meanwhile")
	case errors.Is(err, errElsewhere):
		return mistake("rules.elsewhere")
	}
	return err
}

// Save writes what is edited into the file.
func (r *Room) Save() {
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
		err := r.edits.undo(r.Controller.Rules(), again)
		r.Read()
		switch {
		case len(r.blocks) == 0:
			r.begin(Templates[0].Text)
		default:
			r.choose(max(0, min(at, len(r.blocks)-1)))
		}
		if err != nil {
			r.tell(r.wrong, notMade(err))
		}
	})
}
