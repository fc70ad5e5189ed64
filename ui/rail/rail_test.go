package rail

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"posthouse/ui/i18n"
	"posthouse/ui/style"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func traffic(id string) Room { return Room{ID: id, Name: "room.traffic", Icon: TrafficIcon()} }

func TestARoomIsChosen(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(style.NewTheme("light"))
	var chosen []string
	r := New([]Room{traffic("a"), traffic("b")}, func(id string) { chosen = append(chosen, id) })
	if !r.entries[0].selected || r.entries[1].selected {
		t.Error("at first the first room is chosen")
	}
	test.Tap(r.entries[1])
	if len(chosen) != 1 || chosen[0] != "b" || r.entries[1].selected {
		t.Errorf("chosen: %q; the owner decides what is shown", chosen)
	}
	r.Choose("b")
	if r.entries[0].selected || !r.entries[1].selected {
		t.Error("the room that was chosen is not marked")
	}
}

func TestBadges(t *testing.T) {
	for b, want := range map[Badge]string{{}: "", {Dot: true}: "", {Number: 7}: "7", {Number: 99}: "99", {Number: 100}: "99+",
		{Number: -1}: ""} {
		if got := b.text(); got != want {
			t.Errorf("%+v says %q", b, got)
		}
	}
	test.NewTempApp(t).Settings().SetTheme(style.NewTheme("light"))
	r := New([]Room{traffic("a")}, nil)
	r.SetBadge("a", Badge{Number: 3})
	r.SetBadge("none", Badge{Dot: true})
	if e := r.entries[0]; e.badge.Number != 3 {
		t.Errorf("the badge is %+v", e.badge)
	}
}

func TestRailPictures(t *testing.T) {
	for _, c := range []struct{ name, theme, lang string }{{"light-en", "light", "en"}, {"dark-en", "dark", "en"},
		{"light-zh", "light", "zh-Hans"}, {"dark-zh", "dark", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(style.NewTheme(c.theme))
			i18n.Set(c.lang)
			t.Cleanup(func() { i18n.Set(i18n.English) })
			r := New([]Room{traffic("a"), traffic("b"), traffic("c"), traffic("d")}, nil)
			r.SetBadge("b", Badge{Dot: true})
			r.SetBadge("c", Badge{Number: 7})
			r.SetBadge("d", Badge{Number: 1000})
			r.entries[1].MouseIn(nil)
			w := test.NewTempWindow(t, r.Object)
			w.SetPadded(false)
			w.Resize(fyne.NewSize(Width, 240))
			test.AssertRendersToImage(t, "rail-"+c.name+".png", w.Canvas())
		})
	}
}
