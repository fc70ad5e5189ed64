package filedialog

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"go.uber.org/goleak"

	"posthouse/app/desktop/filechooser"
	"posthouse/ui/i18n"
	uiwidget "posthouse/ui/widget"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testDialogs are dialogs over a window; what runs beside the UI goroutine comes back by step.
type testDialogs struct {
	*Dialogs
	t      *testing.T
	win    fyne.Window
	folder string
	shown  dialog.Dialog // by the toolkit
	told   string
	close  context.CancelFunc // the window
	back   chan func()
	jobs   sync.WaitGroup
	left   int
	got    []string
}

func newDialogs(t *testing.T, desktop Chooser) *testDialogs {
	app := test.NewTempApp(t)
	i18n.Set(i18n.English)
	d := &testDialogs{t: t, win: app.NewWindow(""), back: make(chan func(), 8)}
	d.win.Resize(fyne.NewSize(900, 700))
	ctx, cancel := context.WithCancel(context.Background())
	d.close = cancel
	d.Dialogs = New(Deps{Window: d.win, Context: ctx, Desktop: desktop, Do: func(f func()) { f() },
		Open: func(o dialog.Dialog) {
			d.shown = o
			o.Show()
			uiwidget.FlattenDialog(d.win.Canvas().Overlays().Top())
		},
		Work:   func(slow func() func()) { d.jobs.Go(func() { d.back <- slow() }) },
		Inform: func(_, text string) { d.told = text },
		Folder: func() string { return d.folder }, Remember: func(folder string) { d.folder = folder },
	})
	t.Cleanup(func() {
		cancel()
		d.jobs.Wait()
		d.win.Close()
	})
	return d
}

func (d *testDialogs) step() { (<-d.back)() }

func (d *testDialogs) save(o Options) {
	o.Left = func() { d.left++ }
	d.Save(o, func(path string) { d.got = append(d.got, path) })
}

// find are the widgets of a kind in what lies uppermost.
func find[W fyne.CanvasObject](d *testDialogs) []W {
	var all []W
	p := uiwidget.PopUpIn(d.win.Canvas().Overlays().Top())
	if p == nil {
		d.t.Fatal("there is no dialog")
	}
	for _, o := range test.LaidOutObjects(p.Content) {
		if w, ok := o.(W); ok {
			all = append(all, w)
		}
	}
	return all
}

func (d *testDialogs) press(label string) {
	d.t.Helper()
	for _, b := range find[*widget.Button](d) {
		if b.Text == label {
			test.Tap(b)
			return
		}
	}
	d.t.Fatalf("there is no button %q", label)
}

// The toolkit's dialog makes no file and empties none: what was there stays until something is written.
func TestTheToolkitTouchesNoFile(t *testing.T) {
	d := newDialogs(t, nil)
	d.folder = t.TempDir()
	fresh, old := filepath.Join(d.folder, "fresh.har"), filepath.Join(d.folder, "old.har")
	if err := os.WriteFile(old, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.save(Options{Title: "Export it", Name: "fresh.har"})
	d.press("Save")
	d.save(Options{Name: "old.har"})
	d.press("Save")
	d.press("Yes") // overwrite
	if !slices.Equal(d.got, []string{fresh, old}) || d.left != 0 || d.told != "" {
		t.Errorf("chosen %q, left %d times, told %q", d.got, d.left, d.told)
	}
	if text, err := os.ReadFile(old); string(text) != "as it was" {
		t.Errorf("there is %q, %v", text, err)
	}
	if _, err := os.Stat(fresh); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
}

// The toolkit's dialog lies in the middle, its buttons in sight, in a low window too.
func TestTheToolkitIsInSight(t *testing.T) {
	d := newDialogs(t, nil)
	d.win.Resize(fyne.NewSize(1000, 540))
	room := d.win.Canvas().Size()
	for what, ask := range map[string]func(){
		"save": func() { d.save(Options{Name: "a"}) },
		"open": func() { d.Open(Options{}, func([]string) {}) },
	} {
		ask()
		p := uiwidget.PopUpIn(d.win.Canvas().Overlays().Top())
		at, size := p.Position(), p.Size()
		if at.Y < 0 || at.Y+size.Height > room.Height || math.Abs(float64(2*at.X+size.Width-room.Width)) > 1 {
			t.Errorf("%s: it lies at %v, %v large, in %v", what, at, size, room)
		}
		d.press("Cancel")
	}
}

func TestTheToolkitIsLeft(t *testing.T) {
	d := newDialogs(t, nil)
	for name, leave := range map[string]func(){
		"Cancel": func() { d.press("Cancel") },
		"Escape": func() { d.win.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) },
		"hidden": func() { d.shown.Hide() },
		"anew":   func() { d.cancel(); d.cancel() },
	} {
		d.left = 0
		d.save(Options{Name: "a"})
		leave()
		if d.left != 1 || d.got != nil || d.win.Canvas().Overlays().Top() != nil {
			t.Errorf("%s: left %d times, chosen %q", name, d.left, d.got)
		}
	}
}

// scripted is a desktop whose dialogs answer as a test wants.
type scripted struct {
	asked   chan filechooser.Request
	answers chan answer
}

type answer struct {
	paths []string
	err   error
}

func newScripted() *scripted {
	return &scripted{asked: make(chan filechooser.Request, 8), answers: make(chan answer, 8)}
}

func (s *scripted) choose(ctx context.Context, r filechooser.Request) ([]string, error) {
	s.asked <- r
	select {
	case a := <-s.answers:
		return a.paths, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestTheDesktopIsAsked(t *testing.T) {
	s := newScripted()
	d := newDialogs(t, s.choose)
	d.folder = t.TempDir()
	a := filepath.Join(t.TempDir(), "a.har")
	s.answers <- answer{paths: []string{a}}
	d.save(Options{Title: "Export it", Name: "x.har", Kinds: []Kind{{Name: "HTTP Archive", Extensions: []string{"har"}}}})
	before := d.folder
	d.step()
	r := <-s.asked
	if !r.Save || r.Title != "Export it" || r.Name != "x.har" || r.Folder != before || len(r.Kinds) != 2 || r.Kinds[1].Name != "All files" {
		t.Errorf("asked for %+v", r)
	}
	if !slices.Equal(d.got, []string{a}) || d.folder != filepath.Dir(a) || d.shown != nil {
		t.Errorf("chosen %q, in %s", d.got, d.folder)
	}
	d.folder = filepath.Join(d.folder, "gone")
	s.answers <- answer{paths: []string{"/a", "/b"}}
	var opened []string
	d.Open(Options{Several: true}, func(paths []string) { opened = paths })
	d.step()
	if r := <-s.asked; r.Save || !r.Several || r.Folder != "" {
		t.Errorf("asked for %+v", r)
	}
	if len(opened) != 2 {
		t.Errorf("opened %q", opened)
	}
}

func TestWhatTheDesktopCannot(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		told    string
		left    int
		toolkit bool
	}{
		"left":        {filechooser.ErrLeft, "", 1, false},
		"elsewhere":   {filechooser.ErrElsewhere, "no file on this computer", 1, false},
		"other":       {errors.New("odd"), "odd", 1, false},
		"no dialog":   {filechooser.ErrNone, "", 0, true},
		"at odd ends": {errors.Join(errors.New("x"), filechooser.ErrNone), "", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScripted()
			d := newDialogs(t, s.choose)
			s.answers <- answer{err: c.err}
			d.save(Options{Name: "a"})
			d.step()
			if !strings.Contains(d.told, c.told) || c.told == "" && d.told != "" {
				t.Errorf("told %q", d.told)
			}
			if d.left != c.left || d.got != nil || (d.shown != nil) != c.toolkit {
				t.Errorf("left %d times, chosen %q, %v", d.left, d.got, d.shown)
			}
		})
	}
}

// Asking again closes the dialog that is open; closing the window drops what it answers.
func TestOneDialogAtATime(t *testing.T) {
	s := newScripted()
	d := newDialogs(t, s.choose)
	d.save(Options{Name: "a"})
	<-s.asked
	d.save(Options{Name: "b"})
	d.step()
	if d.left != 1 || d.got != nil {
		t.Errorf("left %d times, chosen %q", d.left, d.got)
	}
	s.answers <- answer{paths: []string{"/b"}}
	d.step()
	if !slices.Equal(d.got, []string{"/b"}) {
		t.Errorf("chosen %q", d.got)
	}
	d.save(Options{Name: "c"})
	<-s.asked
	<-s.asked
	s.answers <- answer{paths: []string{"/c"}}
	last := <-d.back
	d.close()
	last()
	d.save(Options{Name: "d"})
	d.step()
	if len(d.got) != 1 || d.left != 1 || d.told != "" || d.shown != nil {
		t.Errorf("after the window was closed: %q, left %d times, told %q", d.got, d.left, d.told)
	}
}

// A name typed without an extension gets that of the kind, unless a file would be replaced that was not asked about.
func TestExtensions(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"both", "both.har", "short", "long.har"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kinds := []Kind{{Name: "HTTP Archive", Extensions: []string{"har", "json"}}}
	for name, want := range map[string]string{"a": "a.har", "a.txt": "a.txt", "a.har": "a.har", "both": "both", "short": "short",
		"long": "long"} {
		if got := withExtension(filepath.Join(folder, name), kinds); got != filepath.Join(folder, want) {
			t.Errorf("%s is %s", name, got)
		}
	}
	for _, none := range [][]Kind{nil, {{Name: "All files"}}} {
		if got := withExtension("/x/a", none); got != "/x/a" {
			t.Errorf("without an extension it is %s", got)
		}
	}
}
