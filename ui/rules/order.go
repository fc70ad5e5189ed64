package rules

import (
	"bytes"

	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/proxy/rules"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
)

// moved puts the rules of a line elsewhere. A rule is in the folder of its place then.
func moved(text []byte, l *line, p place) ([]byte, error) {
	first, count := l.first(), l.behind()-l.first()
	to := p.before
	if to > first {
		to = max(first, to-count)
	}
	var err error
	if to != first {
		if text, err = rules.Move(text, first, count, to); err != nil {
			return nil, err
		}
	}
	if l.rule >= 0 && p.folder != l.folder {
		return rules.SetFolder(text, p.folder, to)
	}
	return text, nil
}

// order is what changes where rules stand, and which of them are on.
type order struct{ *Room }

// put moves the rules of a line, and goes on with the first of them.
func (r order) put(at int, p place) {
	l := r.lines[at]
	r.unlessUnsaved(func() {
		first := l.first()
		if !r.edit(first, l.behind(), func(text []byte) ([]byte, error) { return moved(text, &l, p) }) {
			return
		}
		to := p.before
		if to > first {
			to = max(first, to-(l.behind()-first))
		}
		if l.rule < 0 {
			r.list.onFolder(to)
		} else {
			r.choose(to)
		}
	})
}

// step moves what is chosen up or down by one.
func (r order) step(down bool) {
	at := r.list.cursor()
	if at < 0 {
		return
	}
	if p, can := stepOf(r.lines, at, down); can {
		r.put(at, p)
	}
}

// turn switches rules on or off. What is edited of one stays.
func (r order) turn(on bool, which ...int) {
	unsaved := r.Unsaved()
	if !r.edit(which[0], which[len(which)-1]+1, func(text []byte) ([]byte, error) { return rules.SetOff(text, !on, which...) }) {
		return
	}
	for _, i := range which {
		if i == r.at {
			r.switched(unsaved)
		}
	}
}

// switched takes over that a line of the rule that is edited has changed.
func (r order) switched(unsaved bool) {
	if unsaved && r.at < len(r.blocks) { // else somebody writes the file
		r.loaded = r.block(r.at)
	} else {
		r.choose(r.at)
	}
}

// Duplicate puts a copy of the rule behind it, which is off: two that do the same would be in
// each other's way.
func (r *Room) Duplicate() {
	at := r.at
	if at < 0 {
		return
	}
	r.unlessUnsaved(func() {
		if r.edit(at, at+1, func(text []byte) ([]byte, error) {
			_, now := rules.Blocks(text)
			text, err := rules.Insert(text, at+1, bytes.TrimSpace(now[at]))
			if err != nil {
				return nil, err
			}
			return rules.SetOff(text, true, at+1)
		}) {
			r.choose(at + 1)
		}
	})
}

// Delete takes rules out: the one that is chosen, or those of a folder.
func (r *Room) Delete() {
	at := r.list.cursor()
	if at < 0 {
		return
	}
	l := r.lines[at]
	r.unlessUnsaved(func() { order{r}.remove(&l) })
}

func (r order) remove(l *line) {
	first := l.first()
	if !r.edit(first, l.behind(), func(text []byte) ([]byte, error) { return rules.Remove(text, first, l.behind()-first) }) {
		return
	}
	if len(r.blocks) == 0 {
		r.begin(Templates[0].Text)
	} else {
		r.choose(min(first, len(r.blocks)-1))
	}
}

// askFolder asks which folder the rule is to be in.
func askFolder(r *Room) {
	at := r.at
	if at < 0 {
		return
	}
	var known []string
	seen := map[string]bool{"": true}
	for _, c := range r.rules() {
		if !seen[c.Folder] {
			seen[c.Folder] = true
			known = append(known, c.Folder)
		}
	}
	name := uiwidget.NewSelectEntry(known)
	name.SetText(r.set.Rules[at].Folder)
	before := r.blocks
	ask := dialog.NewForm(i18n.T("rules.folder"), i18n.T("rules.save"), i18n.T("settings.cancel"),
		[]*widget.FormItem{widget.NewFormItem(i18n.T("rules.folder.name"), name)}, func(yes bool) {
			switch {
			case !yes:
			case !sameBlocks(before, r.blocks): // it may be another rule by now
				r.tell(r.wrong, mistake("rules.discard.elsewhere"))
			default:
				order{r}.putInto(at, name.Text)
			}
		}, r.Window)
	ask.Resize(ask.MinSize().AddWidthHeight(160, 0))
	r.Open(ask)
	r.Window.Canvas().Focus(name)
}

// putInto puts a rule into a folder where it stands.
func (r order) putInto(at int, folder string) {
	unsaved := r.Unsaved()
	if at == r.at && r.edit(at, at+1, func(text []byte) ([]byte, error) { return rules.SetFolder(text, cut(folder, maxFolder), at) }) {
		r.switched(unsaved)
	}
}

// maxFolder bounds the name of a folder that is typed, in bytes.
const maxFolder = 200
