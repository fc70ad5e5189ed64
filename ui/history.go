package ui

import (
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/widget"

	"posthouse/app"
	"posthouse/proxy/capture/history"
	"posthouse/proxy/flow"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// togglePrivate begins or ends a stretch that leaves nothing on the disk.
func (c *switches) togglePrivate() {
	h := c.controller.History()
	h.SetPrivate(!h.Status().Private)
}

// private reports whether such a stretch lasts.
func (c *switches) private() bool { return c.controller.History().Status().Private }

// hasHistory reports whether anything stays on the disk.
func (c *switches) hasHistory() bool { return c.controller.History().Status().On }

// followPrivate shows the switch where there is something to keep out of.
func (c *switches) followPrivate() {
	s := c.controller.History().Status()
	look, word := uiwidget.ToggleOff, "private.off"
	if s.Private {
		look, word = uiwidget.ToggleOn, "private.on"
	}
	c.privacy.Set(i18n.T(word), look)
	if hidden := !s.On && !s.Private; hidden != c.privacy.Hidden {
		c.privacy.Hidden = hidden
		c.privacy.Refresh()
		c.all.Refresh()
	}
}

func (c *switches) privateTip() string { return i18n.T("private.tip") }

// missing says what is not on the disk, and why; "" for nothing.
func missing(n *history.NotOnDisk) string {
	var lines []string
	for _, c := range []struct {
		key string
		n   uint64
	}{{"private", n.Private}, {"early", n.Early}, {"late", n.Late}, {"failed", n.Failed}, {"bodies", n.Bodies}} {
		if c.n > 0 {
			lines = append(lines, i18n.N("history.not."+c.key, int(min(c.n, 2)), words.CountText(c.n)))
		}
	}
	return strings.Join(lines, "\n")
}

// notOnDisk is how many requests are missing there.
func notOnDisk(n *history.NotOnDisk) uint64 { return n.Private + n.Early + n.Late + n.Failed }

// historyTip is what resting on the disk's meter says.
func historyTip(s *app.HistoryStatus) string {
	lines := []string{i18n.N("history.tip", int(s.Stats.Rows), words.CountText(s.Stats.Rows), words.SizeText(s.Stats.Bytes),
		words.SizeText(s.Stats.Budget),
		s.Folder)}
	if !s.Stats.Oldest.IsZero() {
		lines = append(lines, i18n.T("history.tip.oldest", s.Stats.Oldest.Local().Format("2006-01-02 15:04")))
	}
	if s.Stats.Indexing {
		lines = append(lines, i18n.T("history.tip.indexing"))
	}
	if s.Stats.Shedding != history.ShedNothing {
		lines = append(lines, i18n.T("history.tip.shedding."+[...]string{"", "compression", "large", "bodies"}[s.Stats.Shedding]))
	}
	if s.Private {
		lines = append(lines, i18n.T("private.tip"))
	}
	if not := missing(&s.Stats.NotOnDisk); not != "" {
		lines = append(lines, i18n.T("history.tip.not"), not)
	}
	return strings.Join(lines, "\n")
}

// historyTrouble is what is wrong with the history, nil for nothing. Each is said until it
// is closed.
func (n *notices) historyTrouble() *notice {
	s := n.controller.History().Status()
	one := &notice{source: source{kind: ofHistory}}
	switch {
	case s.Err != nil:
		one.source.what, one.text = s.Err.Error(), historyErrText(s.Err)
	case !s.Stats.Problem.IsZero():
		one.source.what, one.text = string(s.Stats.Problem.Code), words.Reason(s.Stats.Problem)
	default:
		return nil
	}
	one.remedy, one.act = i18n.T("history.settings"), func() { n.openSetting("history.folder") }
	if n.seen[one.source] {
		return nil
	}
	return one
}

// historyErrText says why there is no history.
func historyErrText(err error) string {
	var locked *history.LockedError
	var later *history.LaterError
	var unusable *history.UnusableError
	switch {
	case errors.As(err, &locked):
		return i18n.T("history.locked", locked.Folder)
	case errors.As(err, &later):
		return i18n.T("history.later", later.File)
	case errors.As(err, &unusable):
		return i18n.T("history.unusable", unusable.Folder, words.ReasonText(unusable.Err))
	}
	return i18n.T("history.unusable", "", words.ReasonText(err))
}

// historyNews offers what a run left that did not end by itself.
func (n *notices) historyNews() []notice {
	s := n.controller.History().Status()
	if s.Left == 0 || s.Stats.Indexing {
		return nil
	}
	return []notice{{source: source{kind: ofLeft}, text: i18n.N("history.left", int(min(s.Left, 2)), words.CountText(s.Left)),
		remedy: i18n.T("history.left.show"), act: n.controller.History().ShowLeft,
		second: i18n.T("history.left.discard"), other: func() {
			n.work(func() func() {
				err := n.controller.History().DiscardLeft()
				return func() {
					if err != nil {
						n.answer(notice{source: source{kind: ofApplying}, text: words.ReasonText(err)})
					}
					n.changed()
				}
			})
		}}}
}

// clearing removes what is listed. It belongs to the UI goroutine.
type clearing struct{ w *Window }

// clear removes all finished exchanges from memory and from the disk. It asks before where
// some are of earlier days, or marked: there is no way back.
func (c clearing) clear() {
	s := c.w.controller.History().Status()
	if !s.On || s.Stats.Rows == 0 {
		c.w.controller.Store().Clear()
		c.done()
		return
	}
	c.w.work(func() func() {
		rows, _ := c.w.controller.Exchanges().Older(s.Before + 1)
		earlier := len(rows) > 0
		return func() {
			if !earlier && s.Stats.Marked == 0 {
				c.from(0)
				return
			}
			c.ask(&s, earlier)
		}
	})
}

// ask asks how much is to go.
func (c clearing) ask(s *app.HistoryStatus, earlier bool) {
	lines := []string{i18n.N("clear.text", c.w.last.Total, words.CountText(uint64(max(c.w.last.Total, 0))))}
	if earlier {
		lines = append(lines, i18n.T("clear.earlier"))
	}
	if s.Stats.Marked > 0 {
		lines = append(lines, i18n.N("clear.marked", int(min(s.Stats.Marked, 2)), words.CountText(s.Stats.Marked)))
	}
	box := container.NewVBox()
	for _, line := range lines {
		text := widget.NewLabel(line)
		text.Wrapping = fyne.TextWrapWord
		box.Add(text)
	}
	ask := dialog.NewCustomWithoutButtons(i18n.T("clear.title"), box, c.w.win)
	button := func(word string, importance widget.Importance, first flow.ID) fyne.CanvasObject {
		b := widget.NewButton(i18n.T(word), func() {
			ask.Hide()
			c.from(first)
		})
		b.Importance = importance
		return b
	}
	buttons := []fyne.CanvasObject{widget.NewButton(i18n.T("settings.cancel"), ask.Hide)}
	if earlier {
		buttons = append(buttons, button("clear.run", widget.MediumImportance, s.Before+1))
	}
	ask.SetButtons(append(buttons, button("clear.all", widget.DangerImportance, 0)))
	ask.Resize(fyne.NewSize(460, ask.MinSize().Height))
	c.w.open(ask)
}

// from removes what has an ID from first on.
func (c clearing) from(first flow.ID) {
	c.w.work(func() func() {
		c.w.controller.Exchanges().Clear(first)
		return c.done
	})
}

// done follows what comes.
func (c clearing) done() {
	c.w.list.SetFollow(true)
	c.w.feed.Cleared()
}
