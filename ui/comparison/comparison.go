// Package comparison is the room that shows two exchanges side by side and in what they
// differ. It lies over the window as a dialog; package proxy/compare finds the differences.
//
// Rows of both sides stand beside each other. The other button on a row has it passed over
// from then on, in this comparison and in later ones.
package comparison

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/desktop/atomicfile"
	"posthouse/proxy/compare"
	"posthouse/proxy/flow"
	"posthouse/ui/document"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/style"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// Deps is what the room needs of the window that it lies over.
type Deps struct {
	Window fyne.Window
	Get    func(flow.ID) (flow.Exchange, bool)                  // called off the UI goroutine
	Second func(flow.ID) (flow.Exchange, bool)                  // Get for the second of both, where that is of another list; nil: Get
	Names  [2]string                                            // of the lists that both are of; "" is not told
	Closed func()                                               // the comparison was left; may be nil
	Work   func(slow func() func())                             // runs slow beside the UI goroutine, and what that returns on it
	Copy   func(text string)                                    // to the clipboard
	Open   func(dialog.Dialog)                                  // shows a dialog so that Escape closes it
	Save   func(o filedialog.Options, chosen func(path string)) // asks for a name to save to
	Report func(error)

	// Ignored is what is passed over; Ignore keeps a longer or shorter list of it.
	Ignored func() Ignored
	Ignore  func(Ignored)
}

// room is one comparison that is open. It belongs to the UI goroutine.
type room struct {
	Deps
	sides  [2]flow.Exchange
	result *compare.Result
	page   *page
	asked  int // comparisons that were begun: only the last is shown

	dialog  dialog.Dialog
	bar     *fyne.Container
	heads   [2]*uiwidget.CutLabel
	lines   [2]*document.LineView
	summary *uiwidget.CutLabel
	brief   *widget.Check
	ignored *widget.Button
	before  *widget.Button
	after   *widget.Button
	unified *widget.Button
	save    *widget.Button
}

// Open compares two exchanges, of which the first is what was before; 0 is none, and the
// other is shown beside nothing.
func Open(deps Deps, a, b flow.ID) {
	get := func(of func(flow.ID) (flow.Exchange, bool), id flow.ID) (flow.Exchange, bool) {
		if id == 0 {
			return flow.Exchange{}, true
		}
		return of(id)
	}
	if deps.Second == nil {
		deps.Second = deps.Get
	}
	deps.Work(func() func() {
		first, ok := get(deps.Get, a)
		second, too := get(deps.Second, b)
		return func() {
			if !ok || !too {
				deps.Open(dialog.NewInformation(i18n.T("compare.title"), i18n.T("compare.gone"), deps.Window))
				return
			}
			newRoom(deps, first, second)
		}
	})
}

func newRoom(deps Deps, a, b flow.Exchange) *room {
	r := &room{Deps: deps, sides: [2]flow.Exchange{a, b}}
	for i := range r.lines {
		r.heads[i] = uiwidget.NewCutLabel(theme.ColorNameForeground)
		r.heads[i].Set(headText(&r.sides[i].Row, r.Names[i]))
		r.lines[i] = document.NewLineView(r.copyOut)
		r.lines[i].SetWrap(false)
		r.lines[i].Menu, r.lines[i].OnKey = r.menu, r.key
	}
	r.lines[0].Beside, r.lines[1].Beside = r.lines[1], r.lines[0]
	r.summary = uiwidget.NewCutLabel(style.ColorMuted)
	r.summary.Set(i18n.T("compare.running"))
	r.brief = widget.NewCheck(i18n.T("compare.brief"), func(bool) { r.show() })
	r.brief.Checked = true
	r.before = button("", theme.MoveUpIcon(), func() { r.step(-1) })
	r.after = button("", theme.MoveDownIcon(), func() { r.step(1) })
	r.ignored = button("", theme.VisibilityOffIcon(), func() { r.showIgnored(r.compare) })
	r.unified = button(i18n.T("compare.copy"), theme.ContentCopyIcon(), r.copyUnified)
	r.save = button(i18n.T("compare.save"), theme.DocumentSaveIcon(), r.saveUnified)
	leave := widget.NewButton(i18n.T("close"), func() { r.dialog.Hide() })
	r.bar = container.NewBorder(nil, nil, container.NewHBox(r.before, r.after, r.brief),
		container.NewHBox(r.ignored, r.unified, r.save, leave),
		container.NewVBox(layout.NewSpacer(), r.summary, layout.NewSpacer()))
	both := container.NewGridWithColumns(2,
		container.NewBorder(r.heads[0], nil, nil, nil, uiwidget.NewLowered(r.lines[0])),
		container.NewBorder(r.heads[1], nil, nil, nil, uiwidget.NewLowered(r.lines[1])))
	r.dialog = dialog.NewCustomWithoutButtons(i18n.T("compare.title"), container.NewBorder(r.bar, nil, nil, nil, both), r.Window)
	size := r.Window.Canvas().Size()
	r.dialog.Resize(fyne.NewSize(size.Width-40, size.Height-40))
	if r.Closed != nil {
		r.dialog.SetOnClosed(r.Closed)
	}
	r.Open(r.dialog)
	r.compare()
	return r
}

func button(text string, icon fyne.Resource, tapped func()) *widget.Button {
	b := widget.NewButtonWithIcon(text, icon, tapped)
	b.Importance = widget.LowImportance
	return b
}

// headText is what a side is called.
func headText(row *flow.Row, list string) (text string) {
	if list != "" {
		text = list + "  "
	}
	if row.ID == 0 {
		return text + i18n.T("compare.missing")
	}
	text += "#" + words.CountText(uint64(row.ID)) + "  " + row.Method + " " + words.VisibleText(row.URL()) + "  " +
		words.StatusText(row, row.Start)
	if clock := words.ClockText(row.Start, words.Seconds); clock != "" {
		text += "  " + clock
	}
	return text
}

// compare compares anew, with what is passed over now.
func (r *room) compare() {
	r.asked++
	asked, o := r.asked, r.options()
	r.ignored.SetText(r.ignoredText())
	r.bar.Refresh() // the button has another width
	r.Work(func() func() {
		result := compare.Exchanges(&r.sides[0], &r.sides[1], o)
		return func() {
			if asked == r.asked {
				r.result = result
				r.show()
			}
		}
	})
}

// show puts the rows into view.
func (r *room) show() {
	if r.result == nil {
		return
	}
	for _, l := range r.lines {
		l.Port.Numbers = r.result.Request.Body.How == compare.AsLines || r.result.Response.Body.How == compare.AsLines
	}
	first := r.page == nil
	r.page = pageOf(r.result, r.brief.Checked)
	old, fresh := document.NewPair(r.page.rows)
	if first {
		r.lines[0].Display(old)
		r.lines[1].Display(fresh)
		r.Window.Canvas().Focus(r.lines[0])
	} else {
		r.lines[0].Replace(old)
		r.lines[1].Replace(fresh)
	}
	r.summary.Set(summaryText(r.result))
	for _, b := range [...]*widget.Button{r.before, r.after} {
		if len(r.page.changes) == 0 {
			b.Disable()
		} else {
			b.Enable()
		}
	}
}

func summaryText(result *compare.Result) string {
	text := i18n.T("compare.none")
	if n := result.Differ(); n > 0 {
		text = i18n.N("compare.count", n, words.CountText(n))
	}
	if result.Request.Body.How == compare.Unknown || result.Response.Body.How == compare.Unknown {
		text += " · " + i18n.T("compare.unseen")
	}
	return text
}

// step goes to the next stretch of differences, around the end.
func (r *room) step(by int) {
	if r.page == nil || len(r.page.changes) == 0 {
		return
	}
	now := r.lines[0].Current()
	at, found := slices.BinarySearch(r.page.changes, now)
	switch {
	case by < 0:
		at--
	case found:
		at++
	}
	n := len(r.page.changes)
	for _, l := range r.lines {
		l.SetCurrent(r.page.changes[(at+n)%n])
	}
}

// key takes the keys of the room: N and P go to the next and the last difference.
func (r *room) key(e *fyne.KeyEvent) bool {
	switch e.Name {
	case fyne.KeyN, fyne.KeyF3:
		r.step(1)
	case fyne.KeyP:
		r.step(-1)
	default:
		return false
	}
	return true
}

// menu offers to pass a row over.
func (r *room) menu(at document.Pos, _ bool) []*fyne.MenuItem {
	if r.page == nil || at.Line >= len(r.page.targets) {
		return nil
	}
	t := r.page.targets[at.Line]
	if t == (target{}) {
		return nil
	}
	return []*fyne.MenuItem{r.ignoreItem(t, r.compare)}
}

// copyOut puts what was selected on the clipboard.
func (r *room) copyOut(make func(int) (string, bool)) {
	r.Work(func() func() {
		text, _ := make(maxCopied)
		return func() { r.Copy(text) }
	})
}

// maxCopied bounds what is copied, in bytes.
const maxCopied = 16 << 20

// diff is what unified says, made beside the UI goroutine.
func (r *room) diff(then func(text string)) {
	names := [2]string{"#" + words.CountText(uint64(r.sides[0].ID)), "#" + words.CountText(uint64(r.sides[1].ID))}
	for i, list := range r.Names {
		if list != "" {
			names[i] += " (" + list + ")"
		}
	}
	o := r.options()
	r.Work(func() func() {
		text := compare.Unified(&r.sides[0], &r.sides[1], names, o)
		return func() { then(text) }
	})
}

func (r *room) copyUnified() {
	r.diff(func(text string) {
		if len(text) > maxCopied {
			r.Deps.Open(dialog.NewInformation(i18n.T("compare.title"), i18n.T("compare.long"), r.Window))
			return
		}
		r.Copy(text)
		r.unified.SetIcon(theme.ConfirmIcon())
	})
}

func (r *room) saveUnified() {
	r.diff(func(text string) {
		kinds := []filedialog.Kind{{Name: i18n.T("choose.diffs"), Extensions: []string{"diff", "patch"}}}
		r.Save(filedialog.Options{Title: i18n.T("compare.save.title"), Name: "posthouse.diff", Kinds: kinds}, func(path string) {
			r.Work(func() func() {
				err := atomicfile.Options{Direct: true}.Write(path, []byte(text))
				return func() {
					if err != nil {
						r.Report(err)
					}
				}
			})
		})
	})
}
