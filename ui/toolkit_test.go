package ui

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2/test"
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
