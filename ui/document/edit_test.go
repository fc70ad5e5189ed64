package document

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// openEditor shows an editor of a text in a window.
func openEditor(t testing.TB, text string) (*Editor, fyne.Window) {
	test.NewTempApp(t)
	e := NewEditor(func(made func(int) (string, bool)) {
		text, _ := made(1 << 20)
		fyne.CurrentApp().Clipboard().SetContent(text)
	})
	e.held = func() fyne.KeyModifier { return 0 }
	e.SetText(text)
	w := test.NewTempWindow(t, e.LineView)
	w.Resize(fyne.NewSize(400, 300))
	w.Canvas().Focus(e.LineView)
	return e, w
}

func (e *Editor) press(keys ...fyne.KeyName) {
	for _, k := range keys {
		e.LineView.TypedKey(&fyne.KeyEvent{Name: k})
	}
}

func TestEditing(t *testing.T) {
	e, _ := openEditor(t, "one\r\ntwo\x00\r\n")
	e.LineEnd = "\r\n"
	e.press(fyne.KeyEnd)
	for _, r := range " é" {
		e.LineView.TypedRune(r)
	}
	e.press(fyne.KeyReturn, fyne.KeyRight, fyne.KeyRight, fyne.KeyRight, fyne.KeyBackspace)
	if want := "one é\r\n\r\nto\x00\r\n"; e.Text() != want {
		t.Errorf("it is %q", e.Text())
	}
	// A line end is one character, and a NUL is deleted as one.
	e.SetText("a\r\nb\x00c")
	e.press(fyne.KeyRight, fyne.KeyDelete)
	if e.Text() != "ab\x00c" {
		t.Errorf("it is %q", e.Text())
	}
	e.press(fyne.KeyRight, fyne.KeyRight, fyne.KeyBackspace)
	if e.Text() != "abc" {
		t.Errorf("it is %q", e.Text())
	}
	for range 5 {
		e.LineView.TypedShortcut(&fyne.ShortcutUndo{})
	}
	if e.Text() != "a\r\nb\x00c" {
		t.Errorf("undone it is %q", e.Text())
	}
	e.LineView.TypedShortcut(&fyne.ShortcutRedo{})
	e.LineView.TypedShortcut(&fyne.ShortcutRedo{})
	if e.Text() != "abc" {
		t.Errorf("done again it is %q", e.Text())
	}
}

// What was copied here comes back with its controls, though the clipboard has words for them.
func TestControlsAreCopiedAndPasted(t *testing.T) {
	e, _ := openEditor(t, "a\x00b\r\n")
	e.copyOut = func(func(int) (string, bool)) { fyne.CurrentApp().Clipboard().SetContent("a‹NUL›b\r\n") }
	e.LineView.TypedShortcut(&fyne.ShortcutSelectAll{})
	e.LineView.TypedShortcut(&fyne.ShortcutCopy{})
	e.press(fyne.KeyRight)
	e.LineView.TypedShortcut(&fyne.ShortcutPaste{})
	if e.Text() != "a\x00b\r\na\x00b\r\n" {
		t.Errorf("it is %q", e.Text())
	}
	fyne.CurrentApp().Clipboard().SetContent("x\ry")
	e.LineView.TypedShortcut(&fyne.ShortcutSelectAll{})
	e.LineView.TypedShortcut(&fyne.ShortcutPaste{})
	if e.Text() != "x\ry" || !strings.Contains(e.doc.Line(0).Text, "‹CR›") {
		t.Errorf("it is %q, shown as %q", e.Text(), e.doc.Line(0).Text)
	}
}

// An end of a line that is not as the others are is seen.
func TestOddLineEndsAreMarked(t *testing.T) {
	e, _ := openEditor(t, "a\r\nb\nc")
	e.SetLineEnd("\r\n")
	if got := e.doc.Line(0).Text + e.doc.Line(1).Text; got != "ab‹LF›" {
		t.Errorf("it is shown as %q", got)
	}
	e.SetLineEnd("\n")
	if got := e.doc.Line(0).Text + e.doc.Line(1).Text; got != "a‹CR›b" {
		t.Errorf("it is shown as %q", got)
	}
}

func TestTheCaretMoves(t *testing.T) {
	e, w := openEditor(t, strings.Repeat("some words here\n", 200))
	e.press(fyne.KeyDown, fyne.KeyDown, fyne.KeyEnd, fyne.KeyDown)
	if e.caret != 4*16-1 {
		t.Errorf("it is at %d", e.caret)
	}
	ctrl := fyne.KeyModifierShortcutDefault
	shortcut := func(k fyne.KeyName, m fyne.KeyModifier) {
		e.LineView.TypedShortcut(&desktop.CustomShortcut{KeyName: k, Modifier: m})
	}
	shortcut(fyne.KeyLeft, ctrl|fyne.KeyModifierShift)
	if from, to := e.selection(); e.text[from:to] != "here" {
		t.Errorf("%q is selected", e.text[from:to])
	}
	shortcut(fyne.KeyEnd, ctrl)
	if e.caret != len(e.text) || e.TopLine() < 150 {
		t.Errorf("it is at %d, and line %d is in sight", e.caret, e.TopLine())
	}
	e.press(fyne.KeyUp, fyne.KeyPageUp, fyne.KeyHome)
	if e.caret >= len(e.text)-5*16 || e.caret%16 != 0 {
		t.Errorf("it is at %d", e.caret)
	}
	shortcut(fyne.KeyHome, ctrl)
	e.press(fyne.KeyUp)
	if e.caret != 0 || e.TopLine() != 0 {
		t.Errorf("it is at %d", e.caret)
	}
	// A click puts it where it was made.
	at := fyne.NewPos(e.Port.gutter()+e.Port.cell*3, e.Port.Row*2.5)
	e.LineView.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at},
		Button: desktop.MouseButtonPrimary})
	e.LineView.MouseUp(nil)
	if e.caret != 2*16+3 {
		t.Errorf("a click put it at %d", e.caret)
	}
	if w.Canvas().Focused() != e.LineView {
		t.Error("it lost the focus")
	}
}

// Nothing grows beyond its bound.
func TestAnEditorIsBounded(t *testing.T) {
	e, _ := openEditor(t, "ab")
	told := 0
	e.Most, e.TooLong = 10, func() { told++ }
	e.Insert(strings.Repeat("x", 9))
	if told != 1 || e.Text() != "ab" {
		t.Errorf("it is %q, told %d times", e.Text(), told)
	}
	e.Most = 1 << 30
	for range maxEdits + 50 {
		e.Insert("\n")
	}
	if len(e.past.all) != maxEdits {
		t.Errorf("%d edits are kept", len(e.past.all))
	}
	for range 5 {
		e.Insert(strings.Repeat("x", maxEditBytes/4))
	}
	if e.past.size > maxEditBytes {
		t.Errorf("%d bytes are kept", e.past.size)
	}
	e.ReadOnly = true
	before := e.Text()
	e.Insert("x")
	e.press(fyne.KeyBackspace, fyne.KeyDelete)
	if e.Text() != before {
		t.Error("what is to be read alone is changed")
	}
}

// A large text, all of it on one line, is edited without a wait that a person would feel.
func TestALargeTextIsEditedQuickly(t *testing.T) {
	e, w := openEditor(t, strings.Repeat(`{"a":"bcdefghij"},`, (5<<20)/18))
	e.LineView.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyEnd, Modifier: fyne.KeyModifierShortcutDefault})
	begun := time.Now()
	const strokes = 20
	for range strokes {
		e.LineView.TypedRune('x')
	}
	w.Canvas().Capture()
	each := time.Since(begun) / strokes
	t.Logf("%v a keystroke", each)
	if each > 150*time.Millisecond {
		t.Errorf("a keystroke takes %v", each)
	}
}

// Whatever is typed, the text is what a plain string would be, and all can be undone.
func FuzzEditor(f *testing.F) {
	f.Add("a\r\nb\xff\x00‹", []byte("\x00x\x01\x02\x03\x04\x05\x06\x07\x08"))
	f.Add("", []byte{3, 4, 0, 'a', 9, 7, 6, 1})
	e, _ := openEditor(f, "")
	keys := []fyne.KeyName{fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown, fyne.KeyHome, fyne.KeyEnd, fyne.KeyPageDown,
		fyne.KeyPageUp}
	f.Fuzz(func(t *testing.T, text string, does []byte) {
		if len(text) > 5000 || len(does) > 200 {
			return
		}
		e.SetText("")
		e.SetText(text)
		for i, b := range does {
			was, caret := e.text, e.caret
			e.held = func() fyne.KeyModifier {
				if b&1 != 0 {
					return fyne.KeyModifierShift
				}
				return 0
			}
			from, to := e.selection()
			want := was
			switch b % 6 {
			case 0:
				e.LineView.TypedRune(rune(b))
				want = was[:from] + string(rune(b)) + was[to:]
			case 1:
				e.press(fyne.KeyReturn)
				want = was[:from] + e.LineEnd + was[to:]
			case 2:
				e.press(fyne.KeyBackspace)
				if from == to {
					from = e.textBefore(was, from)
				}
				want = was[:from] + was[to:]
			default:
				e.press(keys[int(b/6)%len(keys)])
			}
			if e.text != want || e.caret < 0 || e.caret > len(e.text) {
				t.Fatalf("step %d (%d) at %d made %q of %q", i, b, caret, e.text, was)
			}
			if utf8.ValidString(e.text) && e.caret < len(e.text) && !utf8.RuneStart(e.text[e.caret]) {
				t.Fatalf("the caret is inside of a character of %q", e.text)
			}
		}
		for range len(does) + 1 {
			e.Undo()
		}
		if e.text != text {
			t.Fatalf("%q, undone, is %q", text, e.text)
		}
	})
}

func (e *Editor) textBefore(text string, at int) int {
	now := e.text
	e.text = text
	defer func() { e.text = now }()
	return e.before(at)
}
