package comparison

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"posthouse/proxy/compare"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// The buttons that choose which pairs are shown, in the order in which they are listed.
const (
	chipNew = iota
	chipGone
	chipChanged
	chipSlower
	chipUnseen
	chipSame
	chips
)

// firstKinds are those that are shown at first: all in which there is something to see.
var firstKinds = [chips]bool{true, true, true, true, true, false}

var chipWords = [chips]string{"compare.lists.new", "compare.lists.gone", "compare.lists.changed", "compare.lists.slower",
	"compare.lists.unseen", "compare.lists.same"}

var kindChips = [compare.PairKinds]int{compare.PairNew: chipNew, compare.PairGone: chipGone, compare.PairChanged: chipChanged,
	compare.PairUnseen: chipUnseen, compare.PairSame: chipSame}

// chipOf is what a pair is listed as: one that is the same and slower as that.
func chipOf(p *compare.Pair) int {
	if p.Slower && p.Kind == compare.PairSame {
		return chipSlower
	}
	return kindChips[p.Kind]
}

// chipRow is the row of the buttons, and of what is done with what is shown.
func (r *lists) chipRow() fyne.CanvasObject {
	var row []fyne.CanvasObject
	for i := range r.chips {
		r.chips[i] = uiwidget.NewBarButton(nil, func() { r.toggle(i) })
		row = append(row, r.chips[i])
	}
	r.ignored = button(r.ignoredText(), theme.VisibilityOffIcon(), func() { r.showIgnored(r.again) })
	r.copied = button(i18n.T("compare.lists.copy"), theme.ContentCopyIcon(), r.copyMarkdown)
	r.save = button(i18n.T("compare.save"), theme.DocumentSaveIcon(), r.askForm)
	rest := uiwidget.NewCutLabel(theme.ColorNameForeground)
	r.chipBox = container.New(uiwidget.FitRow{Height: r.save.MinSize().Height}, append(row, rest)...)
	return container.NewBorder(nil, nil, nil, container.NewHBox(r.ignored, r.copied, r.save), r.chipBox)
}

// again compares once more, where something was compared.
func (r *lists) again() {
	r.ignored.SetText(r.ignoredText())
	if r.result != nil {
		r.compare()
	}
}

// counts are how many pairs each button stands for.
func (r *lists) counts() (n [chips]int) {
	if r.result == nil {
		return n
	}
	for kind, count := range r.result.Counts.Kinds {
		n[kindChips[kind]] = count
	}
	n[chipSlower] = r.result.Counts.Slower
	return n
}

// toggle shows a kind of pairs, or hides it.
func (r *lists) toggle(chip int) {
	p := r.chosen()
	r.kinds[chip] = !r.kinds[chip]
	r.show()
	r.at = 0
	for i, at := range r.shown {
		if &r.result.Pairs[at] == p {
			r.at = i
		}
	}
	r.table.ScrollTo(r.at)
	r.table.Refresh()
}

// wanted reports whether a pair is shown.
func (r *lists) wanted(p *compare.Pair) bool {
	return r.kinds[kindChips[p.Kind]] || p.Slower && r.kinds[chipSlower]
}

// show lists the pairs that are wanted by their kinds, each in its order.
func (r *lists) show() {
	r.shown = nil
	if r.result != nil {
		var by [chips][]int32
		for i := range r.result.Pairs {
			if p := &r.result.Pairs[i]; r.wanted(p) {
				by[chipOf(p)] = append(by[chipOf(p)], int32(i))
			}
		}
		for _, places := range by {
			r.shown = append(r.shown, places...)
		}
		r.state.SetText(r.stateText())
	}
	for i, n := range r.counts() {
		text := i18n.T(chipWords[i])
		if r.result != nil {
			text += " " + words.CountText(n)
		}
		r.chips[i].SetLabel(text)
		r.chips[i].SetOn(r.kinds[i])
	}
	r.chipBox.Refresh() // they have other widths
	switch {
	case r.result == nil:
	case len(r.result.Pairs) == 0:
		r.hint.SetText(i18n.T("compare.lists.empty"))
	case len(r.shown) == 0 && r.result.Counts.Kinds[compare.PairSame] == len(r.result.Pairs):
		r.hint.SetText(i18n.T("compare.lists.none"))
	case len(r.shown) == 0:
		r.hint.SetText(i18n.T("compare.lists.hidden"))
	}
	uiwidget.SetShown(r.hint, len(r.shown) == 0)
	for _, b := range [...]interface {
		Enable()
		Disable()
	}{r.copied, r.save} {
		if len(r.shown) == 0 {
			b.Disable()
		} else {
			b.Enable()
		}
	}
	r.table.head.Hidden = r.result == nil
	r.table.Refresh()
}
