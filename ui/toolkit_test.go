package ui

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
)

func TestAToolkitThatEndedIsNoReasonToDie(t *testing.T) {
	queue := make(chan func(), 1)
	do := toToolkit(func(f func()) { queue <- f })
	do(func() {})
	if len(queue) != 1 {
		t.Fatal("nothing came to the toolkit")
	}
	close(queue)
	do(func() { t.Error("it was called") })

	fault := errors.New("a fault of ours")
	defer func() {
		if r := recover(); r != fault {
			t.Errorf("another panic was swallowed, or is %v", r)
		}
	}()
	toToolkit(func(f func()) { f() })(func() { panic(fault) })
}

// measured is a window whose canvas lays out as the toolkit's does on a screen.
type measured struct {
	fyne.Window
	laidOut, fitted int
	grew            bool
}

func (m *measured) Canvas() fyne.Canvas { return &measuredCanvas{m.Window.Canvas(), m} }

func (m *measured) SetPadded(padded bool) {
	m.fitted++
	m.Window.SetPadded(padded)
}

type measuredCanvas struct {
	fyne.Canvas
	window *measured
}

func (c *measuredCanvas) EnsureMinSize() bool {
	c.window.laidOut++
	return c.window.grew
}

func TestWhatChangedIsLaidOutBeforeItIsPainted(t *testing.T) {
	win := test.NewTempWindow(t, widget.NewLabel(""))
	win.SetPadded(false)
	layOut(win) // a canvas without a screen has nothing to lay out
	m := &measured{Window: win}
	layOut(m)
	if m.laidOut != 1 || m.fitted != 0 {
		t.Errorf("laid out %d times and fitted %d times, want once and not", m.laidOut, m.fitted)
	}
	m.grew = true
	layOut(m)
	if m.laidOut != 2 || m.fitted != 1 || m.Padded() {
		t.Errorf("laid out %d times and fitted %d times, padded: %v; want twice, once, and no", m.laidOut, m.fitted, m.Padded())
	}
}

func TestTheToolkitsHookForTheEndIsTakenOut(t *testing.T) {
	a := test.NewTempApp(t)
	l, ok := a.Lifecycle().(interface {
		SetOnStoppedHookExecuted(func())
		OnStopped() func()
	})
	if !ok {
		t.Fatal("this toolkit has no such hook: is EndWithoutHook needed?")
	}
	l.SetOnStoppedHookExecuted(func() {})
	EndWithoutHook(a)
	if l.OnStopped() != nil {
		t.Error("the hook is there")
	}
}
