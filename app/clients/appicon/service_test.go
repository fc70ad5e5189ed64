package appicon

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func plain(size int, c color.Color) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, size, size))
	draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

var red, blue = color.NRGBA{R: 255, A: 255}, color.NRGBA{B: 255, A: 255}

// asking is a Service whose changes can be waited for.
type asking struct {
	*Service
	t       *testing.T
	changes chan struct{}
}

func ask(t *testing.T, find Finder) *asking {
	a := &asking{t: t, changes: make(chan struct{}, 10_000)}
	a.Service = New(find, func() { a.changes <- struct{}{} })
	t.Cleanup(a.Close)
	return a
}

// answer waits for what is known of a program, as the window does.
func (a *asking) answer(p Program) *Icon {
	a.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		if icon, known := a.Icon(p); known {
			return icon
		}
		select {
		case <-a.changes:
		case <-deadline:
			a.t.Fatalf("nothing is known of %v", p)
		}
	}
}

func TestAProgramIsLookedUpOnce(t *testing.T) {
	looks := map[Program]int{}
	var mu sync.Mutex
	a := ask(t, func(p Program) *Icon {
		mu.Lock()
		defer mu.Unlock()
		if looks[p]++; p.Path == "/none" {
			return nil
		}
		return FromImage(plain(16, red))
	})
	for range 3 {
		if a.answer(Program{Path: "/a"}) == nil || a.answer(Program{Path: "/none"}) != nil {
			t.Error("the answers are others")
		}
	}
	if a.answer(Program{Path: "/a"}) != a.answer(Program{Path: "/b"}) {
		t.Error("equal icons of two programs are not one")
	}
	if icon, known := a.Icon(Program{}); icon != nil || !known {
		t.Error("a program without a path is looked up")
	}
	mu.Lock()
	defer mu.Unlock()
	if fmt.Sprint(looks) != "map[{/a 0}:1 {/b 0}:1 {/none 0}:1]" {
		t.Errorf("looked up: %v", looks)
	}
}

// What is remembered is bounded, programs without an icon too, and what was asked
// for last stays.
func TestAnswersAreBounded(t *testing.T) {
	a := ask(t, func(p Program) *Icon {
		if p.PID%2 == 0 {
			return nil
		}
		return FromImage(plain(16, color.NRGBA{uint8(p.PID), uint8(p.PID >> 8), 7, 255}))
	})
	kept := Program{Path: "/kept"}
	a.answer(kept)
	for pid := range int32(3 * maxAnswers) {
		a.answer(Program{"/a", pid + 1})
		a.Icon(kept)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.answers) != maxAnswers || len(a.waiting) != 0 {
		t.Errorf("%d answers are kept, %d programs wait", len(a.answers), len(a.waiting))
	}
	if a.answers[kept] == nil || a.answers[Program{"/a", 3 * maxAnswers}] == nil || a.answers[Program{"/a", 5}] != nil {
		t.Error("not the oldest answers were dropped")
	}
}

// A finder that takes its time delays no caller: what the queue has no room for is
// asked again later.
func TestTheQueueIsBounded(t *testing.T) {
	goOn := make(chan struct{})
	a := ask(t, func(Program) *Icon { <-goOn; return nil })
	for pid := range int32(10 * maxQueue) {
		if _, known := a.Icon(Program{"/a", pid}); known {
			t.Fatal("something is known")
		}
	}
	a.mu.Lock()
	if n := len(a.queue); n != maxQueue {
		t.Errorf("%d programs wait", n)
	}
	if n := len(a.waiting); n > maxQueue+1 {
		t.Errorf("%d programs are asked for", n)
	}
	a.mu.Unlock()
	close(goOn)
	for pid := range int32(10 * maxQueue) {
		a.answer(Program{"/a", pid})
	}
}

// An entry may be installed after its program ran.
func TestNoIconIsNotBelievedForever(t *testing.T) {
	var mu sync.Mutex
	var installed bool
	var later time.Duration
	a := ask(t, func(Program) *Icon {
		mu.Lock()
		defer mu.Unlock()
		if !installed {
			return nil
		}
		return FromImage(plain(16, red))
	})
	a.now = func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Unix(0, 0).Add(later) }
	p := Program{Path: "/a"}
	if a.answer(p) != nil {
		t.Fatal("there is an icon")
	}
	mu.Lock()
	installed, later = true, goneAfter-1
	mu.Unlock()
	a.Icon(p)
	a.mu.Lock()
	if len(a.queue)+len(a.waiting) != 0 {
		t.Error("it is looked up again too early")
	}
	a.mu.Unlock()
	mu.Lock()
	later = goneAfter + 1
	mu.Unlock()
	for len(a.changes) > 0 {
		<-a.changes
	}
	if icon, known := a.Icon(p); icon != nil || !known {
		t.Error("meanwhile the old answer is gone")
	}
	select {
	case <-a.changes:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing changed")
	}
	if icon, _ := a.Icon(p); icon == nil {
		t.Error("the icon is not found")
	}
}

func TestCloseWaitsForALookUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, ended := make(chan struct{}), false
		s := New(func(Program) *Icon {
			close(begun)
			time.Sleep(closeLimit / 2)
			ended = true
			return FromImage(plain(16, red))
		},
			func() { t.Error("told after the end") })
		s.Icon(Program{Path: "/a"})
		<-begun
		s.Close()
		if !ended {
			t.Error("it is not waited for")
		}
		s.Close()
		if _, known := s.Icon(Program{Path: "/b"}); known || len(s.queue) != 0 {
			t.Error("a closed service takes questions")
		}
	})
}

// A reader that a file breaks costs the icon, not the program.
func TestAPanicIsNoIcon(t *testing.T) {
	a := ask(t, func(p Program) *Icon {
		if p.Path == "/bad" {
			panic("a file that no reader expects")
		}
		return FromImage(plain(16, red))
	})
	if a.answer(Program{Path: "/bad"}) != nil || a.answer(Program{Path: "/good"}) == nil {
		t.Error("the bad one has an icon, or the good one has none")
	}
}
