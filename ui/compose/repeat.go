package compose

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"posthouse/app/compose"
	"posthouse/app/repeat"
	"posthouse/proxy/outgoing"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	uiwidget "posthouse/ui/widget"
	"posthouse/ui/words"
)

// repeatSheet sends the request in sight many times, and shows how that goes.
type repeatSheet struct {
	room     *Room
	tab      *tab
	draft    *compose.Draft
	values   *repeat.Values
	outcomes []repeat.Outcome // of those that have ended, as they ended
	cancel   context.CancelFunc
	left     bool // the sheet was closed

	fields   [3]*uiwidget.KeyEntry // times, parallel, milliseconds
	fresh    *widget.Check         // a new connection for each
	csv      *widget.Button
	start    *widget.Button
	progress *widget.ProgressBar
	summary  *widget.Label
	list     *Outcomes
	dialog   dialog.Dialog
}

// repeatWords are the keys of the fields' words.
var repeatWords = [3]string{"compose.repeat.times", "compose.repeat.parallel", "compose.repeat.delay"}

// Repeat opens the sheet.
func (r *Room) Repeat() {
	s := &repeatSheet{room: r, tab: r.now, draft: r.now.draft.Clone(), progress: widget.NewProgressBar(), summary: widget.NewLabel("")}
	row := container.NewHBox()
	for i, value := range [3]string{"10", "1", "0"} {
		e := uiwidget.NewKeyEntry()
		e.MinWidth, e.Wrapping = 70, fyne.TextWrap(fyne.TextTruncateClip)
		e.SetText(value)
		e.Escape = s.hide
		e.OnSubmitted = func(string) { s.toggle() }
		s.fields[i] = e
		row.Add(widget.NewLabel(i18n.T(repeatWords[i])))
		row.Add(e)
	}
	s.csv = widget.NewButtonWithIcon(i18n.T("compose.repeat.csv"), theme.FolderOpenIcon(), s.chooseValues)
	s.fresh = widget.NewCheck(i18n.T("compose.repeat.fresh"), nil)
	row.Add(s.csv)
	s.start = widget.NewButton("", s.toggle)
	s.start.Importance = widget.HighImportance
	s.summary.Wrapping = fyne.TextWrapWord
	s.summary.SetText(i18n.T("compose.repeat.hint"))
	s.list = s.newList()
	leave := widget.NewButton(i18n.T("close"), s.hide)
	content := container.NewBorder(container.NewVBox(row, s.progress, s.summary),
		container.NewBorder(nil, nil, s.fresh, container.NewHBox(leave, s.start)), nil, nil, s.list.Object())
	s.dialog = dialog.NewCustomWithoutButtons(i18n.T("compose.repeat"), content, r.deps.Window)
	s.dialog.SetOnClosed(func() {
		s.left = true
		s.stop()
	})
	size := r.deps.Window.Canvas().Size()
	s.dialog.Resize(fyne.NewSize(min(720, size.Width-40), min(520, size.Height-40)))
	s.label()
	r.deps.Open(s.dialog)
	r.deps.Window.Canvas().Focus(s.fields[0])
	r.repeats = s
}

// newList makes the table of what came of the requests.
func (s *repeatSheet) newList() *Outcomes {
	return NewOutcomes(OutcomesOf{Titles: []string{"column.number", "column.status", "column.duration", "column.size"},
		Widths: []float32{80, 0, 140, 140}, Len: func() int { return len(s.outcomes) },
		Line: func(i int) ([]string, bool) {
			o := &s.outcomes[i]
			status, took, size := OutcomeTexts(o)
			return []string{strconv.Itoa(o.N), status, took, size}, !o.OK() || o.Status >= 400
		},
		Reveal: func(i int) {
			if id := s.outcomes[i].ID; id != 0 && s.cancel == nil {
				s.hide()
				s.room.deps.Reveal(id)
			}
		},
		Compare: func(i int) {
			if i > 0 && s.outcomes[i].ID != 0 && s.outcomes[i-1].ID != 0 {
				s.room.deps.Compare(s.outcomes[i-1].ID, s.outcomes[i].ID)
			}
		},
		Leave: s.hide})
}

func (s *repeatSheet) hide() { s.dialog.Hide() }

func (s *repeatSheet) stop() {
	if s.cancel != nil {
		s.cancel()
	}
}

func (s *repeatSheet) label() {
	text := i18n.T("compose.repeat.start")
	if s.cancel != nil {
		text = i18n.T("compose.cancel")
	}
	s.start.SetText(text)
}

// chooseValues asks for the values of the placeholders.
func (s *repeatSheet) chooseValues() {
	r := s.room
	kinds := []filedialog.Kind{{Name: "CSV", Extensions: []string{"csv"}}}
	r.deps.OpenFile(filedialog.Options{Title: i18n.T("compose.repeat.csv"), Kinds: kinds},
		func(paths []string) {
			r.deps.Work(func() func() {
				values, err := readValues(paths[0])
				return func() {
					if err != nil {
						s.summary.SetText(visible.Text(errorText(err)))
						return
					}
					s.values = values
					s.csv.SetText(visible.Text(words.ShortText(filepath.Base(paths[0]), 40)))
				}
			})
		})
}

func readValues(path string) (*repeat.Values, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "open", Path: path, Err: os.ErrInvalid}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer closeRead(f)
	return repeat.ParseValues(f)
}

// plan is what the fields say; false where one says nothing.
func (s *repeatSheet) plan() (p repeat.Plan, ok bool) {
	var n [3]int
	for i, e := range s.fields {
		number, err := strconv.Atoi(strings.TrimSpace(e.Text))
		if err != nil || number < 0 {
			return p, false
		}
		n[i] = number
	}
	return repeat.Plan{Times: n[0], Parallel: n[1], Delay: time.Duration(n[2]) * time.Millisecond, Values: s.values,
			NewConns: s.fresh.Checked},
		n[0] <= repeat.MaxTimes && n[1] >= 1 && n[1] <= repeat.MaxParallel && n[2] <= 3_600_000 && (n[0] > 0 || s.values != nil)
}

// sender is what package repeat sends with.
type sender func(context.Context, outgoing.Message) (*outgoing.Sending, error)

func (f sender) Send(ctx context.Context, m outgoing.Message) (*outgoing.Sending, error) {
	return f(ctx, m)
}

// toggle begins, or cancels what is under way.
func (s *repeatSheet) toggle() {
	if s.cancel != nil {
		s.stop()
		return
	}
	r := s.room
	plan, ok := s.plan()
	if !ok {
		s.summary.SetText(i18n.T("compose.repeat.wrong", words.CountText(repeat.MaxTimes), repeat.MaxParallel))
		return
	}
	ctx, cancel := context.WithCancel(r.deps.Context)
	s.cancel, s.outcomes = cancel, nil
	s.list.Clear()
	s.progress.Max = float64(plan.Times)
	if plan.Times == 0 {
		s.progress.Max = float64(len(s.values.Rows))
	}
	s.progress.SetValue(0)
	s.label()
	r.deps.Work(func() func() {
		defer cancel()
		summary, err := s.run(ctx, plan)
		return func() { s.ended(summary, err) }
	})
}

// run carries the plan out. It is on a goroutine beside the UI's.
func (s *repeatSheet) run(ctx context.Context, plan repeat.Plan) (*repeat.Summary, error) {
	m, files, err := s.draft.Message()
	if err != nil {
		return nil, err
	}
	defer closeRead(files)
	plan.Message = m
	var mu sync.Mutex
	var fresh []repeat.Outcome // that the UI goroutine has not seen; it looks when it can
	return repeat.Run(ctx, sender(s.room.deps.Send), plan, func(o repeat.Outcome) {
		mu.Lock()
		defer mu.Unlock()
		if fresh = append(fresh, o); len(fresh) > 1 {
			return // it was asked to look
		}
		s.room.deps.Do(func() {
			mu.Lock()
			seen := fresh
			fresh = nil
			mu.Unlock()
			s.show(seen)
		})
	})
}

// show adds what has ended.
func (s *repeatSheet) show(fresh []repeat.Outcome) {
	s.outcomes = append(s.outcomes, fresh...)
	if s.left {
		return
	}
	s.progress.SetValue(float64(len(s.outcomes)))
	s.list.Refresh()
	s.list.ScrollToBottom()
}

func (s *repeatSheet) ended(summary *repeat.Summary, err error) {
	s.cancel = nil
	s.remember()
	if s.left {
		return
	}
	s.label()
	if summary == nil {
		s.summary.SetText(i18n.T("compose.notsent", visible.Text(errorText(err))))
		return
	}
	s.summary.SetText(SummaryText(summary))
	s.list.Refresh()
}

// remember puts the last of them among the sendings of the tab, so that they can be looked
// through and compared there.
func (s *repeatSheet) remember() {
	for i := max(0, len(s.outcomes)-maxSends); i < len(s.outcomes); i++ {
		if o := &s.outcomes[i]; o.ID != 0 {
			s.tab.addEnded(&sent{id: o.ID, ended: true})
		}
	}
	if r := s.room; r.now == s.tab {
		r.response.show()
	}
	s.room.deps.Changed()
}

// SummaryText is what came of all, in a line.
func SummaryText(s *repeat.Summary) string {
	var parts []string
	var statuses []int
	for status := range s.Statuses {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	for _, status := range statuses {
		parts = append(parts, i18n.T("compose.repeat.status", status, words.CountText(s.Statuses[status])))
	}
	if s.Failed > 0 {
		parts = append(parts, i18n.T("compose.repeat.failed", words.CountText(s.Failed)))
	}
	parts = append(parts, i18n.T("compose.repeat.times.took", words.DurationText(s.P50), words.DurationText(s.P95),
		words.DurationText(s.Least), words.DurationText(s.Most)), words.SizeText(s.Bytes))
	return strings.Join(parts, "  ·  ")
}
